# Variables: ENDPOINT, ADDRESSES (of the load balancers, and the virtual IP), PORT.
for address in $ADDRESSES; do
  until_true 90 kubectl --server "https://$address:$PORT" --tls-server-name "$ENDPOINT" --request-timeout=5s get --raw /readyz
done
