#!/bin/sh
# An API server has to answer through this load balancer and, where it holds the virtual IP, through that.
answers() { curl --silent --max-time 2 --insecure "https://$1:@PORT@/" -o /dev/null; }
answers localhost || exit 1
if ip addr | grep -q '@VIRTUAL_IP@'; then
  answers '@VIRTUAL_IP@' || exit 1
fi
