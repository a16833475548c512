import socket

HOST = '127.0.0.1' #Loopback interface
PORT = 65431 #Silly port

with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as s:
    s.bind((HOST, PORT))
    s.listen()
    conn, addr = s.accept()
    print('Connection from:', conn)
    while True:
        data = conn.recv(1024)
        if not data:
            break
        #conn.sendall(data) to return
        print(data.decode('UTF-8'))
