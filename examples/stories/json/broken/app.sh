cat app.cfg > /dev/null
