# Variable: VIRTUAL_IP. Prints its address where this load balancer holds it, else nothing.
ip -4 -o address show to "$VIRTUAL_IP/32"
