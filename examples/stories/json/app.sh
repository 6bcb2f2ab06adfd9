cat app.sh > /dev/null
