# An authority that certifies people, and the certificate of the server.

set -eu
umask 077
new="-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes"

openssl req -x509 $new -days 3650 -subj /CN=people -keyout authority.key -out authority.pem
openssl req -x509 $new -days 825 -subj /CN=localhost -CA authority.pem -CAkey authority.key \
    -addext subjectAltName=DNS:localhost -addext extendedKeyUsage=serverAuth \
    -addext basicConstraints=critical,CA:FALSE -keyout server.key -out server.pem
