#!/bin/sh
# An API server must answer through this load balancer, and through the virtual IP if this one holds it.
answers() { curl --silent --max-time 2 --insecure "https://$1:@PORT@/" -o /dev/null; }
answers localhost || exit 1
if ip addr | grep -q '@VIRTUAL_IP@'; then
  answers '@VIRTUAL_IP@' || exit 1
fi
