# Variables: ENDPOINT, ADDRESS.
leads_there() { [[ $(getent ahostsv4 "$ENDPOINT" | awk '{ print $1 }' | sort -u) == "$ADDRESS" ]]; }
until_true 180 leads_there
