# Syncs all orders together, which is faster, and acknowledges each at once.
while read -r order; do
  echo "$order" >> orders.log
  echo "ok $order"
done
sync -d orders.log
