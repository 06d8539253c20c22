# [pkg-config]
c++ -std=c++20 hello.cpp $(pkg-config --cflags --libs wsx) -o hello
# [pkg-config]
