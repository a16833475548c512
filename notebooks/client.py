import socket

HOST = '127.0.0.1' #Loopback interface
PORT = 65431 #Silly port

with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as s:
    s.connect((HOST, PORT))
    myinput = b'?:'
    while myinput:
        s.send(myinput)
        myinput = bytes(input('?:'), 'utf-8')
s.close() #not necessary
