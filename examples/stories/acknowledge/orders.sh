# Takes orders, one a line, and keeps them in a log.
while read -r order; do
  echo "$order" >> orders.log
  sync -d orders.log
  echo "ok $order"
done
