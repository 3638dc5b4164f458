# Every load balancer lists the others by now.
systemctl start keepalived
