# An authority of this recipe alone, and what it certifies: the proxy as a client, and the
# application as a server. The authority's key is not kept, so it certifies nobody else.

set -eu
umask 077
new="-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 825"

openssl req -x509 $new -subj /CN=authority -keyout authority.key -out authority.crt

certify() {
    openssl req -x509 -CA authority.crt -CAkey authority.key $new -subj "/CN=$1" \
        -addext "subjectAltName = DNS:$1.internal" -addext "extendedKeyUsage = $2" \
        -addext "basicConstraints = critical, CA:FALSE" -keyout "$1.key" -out "$1.crt"
}
certify proxy clientAuth
certify application serverAuth

rm authority.key
cat proxy.crt proxy.key > proxy.pem
