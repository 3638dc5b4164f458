# Variables: VIRTUAL_IP, HOLDS (1: this load balancer is to hold it, 0: it is not).
as_it_should() {
  local seen
  seen=$(ip -4 -o address show to "$VIRTUAL_IP/32")
  [[ -n $seen && $HOLDS == 1 || -z $seen && $HOLDS == 0 ]]
}
until_true 90 as_it_should
