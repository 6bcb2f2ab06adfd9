import socket

socket.socket().connect_ex(("192.0.2.2", 443))
