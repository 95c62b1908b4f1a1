# A certificate of a person, with its key: `sh person.sh ada "Ada Lovelace" ada@example.org > ada.pem`

set -eu
umask 077

# A slash in a name would begin another part of the subject.
part() { printf %s "$1" | sed 's|[\\/+]|\\&|g'; }
subject="/UID=$(part "$1")/CN=$(part "$2")/emailAddress=$(part "$3")"

openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 365 -utf8 -subj "$subject" \
    -CA authority.pem -CAkey authority.key -addext extendedKeyUsage=clientAuth \
    -addext basicConstraints=critical,CA:FALSE -keyout - -out -
