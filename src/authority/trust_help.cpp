#include "authority/trust_help.hpp"

#include <array>

namespace cachearr::authority {
namespace {

struct Template {
  std::string_view id, title, trust, undo;
};

constexpr std::array kTemplates{
    Template{"debian", "Debian, Ubuntu, Raspberry Pi OS",
             R"sh(curl -fsS {url} | sudo tee /usr/local/share/ca-certificates/cachearr.crt >/dev/null
sudo update-ca-certificates
# Then restart the applications that are to use it.)sh",
             R"sh(sudo rm /usr/local/share/ca-certificates/cachearr.crt
sudo update-ca-certificates --fresh)sh"},
    Template{"alpine", "Alpine",
             R"sh(apk add ca-certificates
wget -q -O /usr/local/share/ca-certificates/cachearr.crt {url}
update-ca-certificates)sh",
             R"sh(rm /usr/local/share/ca-certificates/cachearr.crt
update-ca-certificates)sh"},
    Template{"linuxserver", "Containers of linuxserver.io (Sonarr, Radarr, Prowlarr, Bazarr, Jellyfin...)",
             R"sh(# Beside the compose file:
curl -fsS {url} -o cachearr.pem
mkdir -p custom-cont-init.d
printf '#!/bin/sh\ncp /cachearr.pem /usr/local/share/ca-certificates/cachearr.crt && update-ca-certificates\n' > custom-cont-init.d/cachearr-ca
# Scripts there must belong to root:
sudo chown -R root:root custom-cont-init.d
# In each service of the compose file:
#   volumes:
#     - ./cachearr.pem:/cachearr.pem:ro
#     - ./custom-cont-init.d:/custom-cont-init.d:ro
docker compose up -d)sh",
             R"sh(# Take both lines out of "volumes" again, then:
docker compose up -d --force-recreate)sh"},
    Template{"fedora", "Fedora, RHEL, Rocky, openSUSE",
             R"sh(# openSUSE: /etc/pki/trust/anchors and update-ca-certificates
curl -fsS {url} | sudo tee /etc/pki/ca-trust/source/anchors/cachearr.pem >/dev/null
sudo update-ca-trust)sh",
             R"sh(sudo rm /etc/pki/ca-trust/source/anchors/cachearr.pem
sudo update-ca-trust)sh"},
    Template{"arch", "Arch",
             R"sh(curl -fsS {url} -o cachearr.pem
sudo trust anchor --store cachearr.pem)sh",
             R"sh(sudo trust anchor --remove cachearr.pem)sh"},
    Template{"windows", "Windows (PowerShell as administrator)",
             R"sh(Invoke-WebRequest -UseBasicParsing {url} -OutFile cachearr.cer
certutil -addstore -f Root cachearr.cer)sh",
             R"sh(certutil -delstore Root "{name}")sh"},
    Template{"macos", "macOS",
             R"sh(curl -fsS {url} -o cachearr.pem
sudo security add-trusted-cert -d -r trustRoot -k /Library/Keychains/System.keychain cachearr.pem)sh",
             R"sh(sudo security remove-trusted-cert -d cachearr.pem
sudo security delete-certificate -c "{name}" /Library/Keychains/System.keychain)sh"},
    Template{"ios", "iPhone, iPad",
             R"sh(# On this machine:
cachearr ca export --format mobileconfig cachearr.mobileconfig
# Send the file to the device and open it there; then
# Settings > General > VPN & Device Management > cachearr > Install, and
# Settings > General > About > Certificate Trust Settings > turn it on)sh",
             R"sh(# Settings > General > VPN & Device Management > cachearr > Remove Profile)sh"},
    Template{
        "android", "Android (most apps ignore what users install; browsers do not)",
        R"sh(# On this machine:
cachearr ca export --format der cachearr.cer
# Send the file to the device; then
# Settings > Security > Encryption & credentials > Install a certificate > CA certificate)sh",
        R"sh(# Settings > Security > Encryption & credentials > Trusted credentials > User > cachearr > Remove)sh"},
    Template{
        "dotnet", ".NET (Sonarr, Radarr, Lidarr, Prowlarr, Jackett, Jellyfin)",
        R"sh(# .NET believes what its system believes: follow the steps of the system or container and restart the application.
# Leave "Certificate Validation" at "Enabled". Without root, on Linux:
cat /etc/ssl/certs/ca-certificates.crt cachearr.pem > ca-bundle.pem
# and start the application with  SSL_CERT_FILE=/path/to/ca-bundle.pem)sh",
        R"sh(# Undo the steps of the system, or take SSL_CERT_FILE out of the environment; restart the application.)sh"},
    Template{"node", "Node.js (Seerr, Jellyseerr, Overseerr)",
             R"sh(curl -fsS {url} -o cachearr.pem
export NODE_EXTRA_CA_CERTS="$PWD/cachearr.pem"
# In a container: mount the file and set NODE_EXTRA_CA_CERTS to its path there. It is read at start only.)sh",
             R"sh(unset NODE_EXTRA_CA_CERTS)sh"},
    Template{"python", "Python (Bazarr, subliminal, beets)",
             R"sh(curl -fsS {url} -o cachearr.pem
cat "$(python3 -c 'import certifi; print(certifi.where())')" cachearr.pem > ca-bundle.pem
# requests:
export REQUESTS_CA_BUNDLE="$PWD/ca-bundle.pem"
# urllib, httpx, aiohttp:
export SSL_CERT_FILE="$PWD/ca-bundle.pem"
# Python packages of Debian use the system's store already.)sh",
             R"sh(unset REQUESTS_CA_BUNDLE SSL_CERT_FILE)sh"},
    Template{"java", "Java",
             R"sh(curl -fsS {url} -o cachearr.pem
# as the user who owns the JDK:
keytool -importcert -noprompt -trustcacerts -alias cachearr -file cachearr.pem -cacerts -storepass changeit
# Or, for one program only:
cachearr ca export --format p12 cachearr.p12
java -Djavax.net.ssl.trustStore=cachearr.p12 -Djavax.net.ssl.trustStoreType=PKCS12 -Djavax.net.ssl.trustStorePassword= ...
# (such a program believes nothing but this authority))sh",
             R"sh(keytool -delete -alias cachearr -cacerts -storepass changeit)sh"},
    Template{
        "firefox", "Firefox (has a store of its own)",
        R"sh(# Open {url} and tick "Trust this CA to identify websites", or
# Settings > Privacy & Security > Certificates > View Certificates > Authorities > Import)sh",
        R"sh(# Settings > Privacy & Security > Certificates > View Certificates > Authorities > cachearr > Delete or Distrust)sh"},
    Template{"chromium", "Chromium, Chrome, Edge (on Linux; elsewhere they use the system's store)",
             R"sh(sudo apt-get install libnss3-tools
curl -fsS {url} -o cachearr.pem
mkdir -p "$HOME/.pki/nssdb"
certutil -d sql:"$HOME/.pki/nssdb" -A -t "C,," -n "{name}" -i cachearr.pem)sh",
             R"sh(certutil -d sql:"$HOME/.pki/nssdb" -D -n "{name}")sh"},
    Template{"tools", "curl, wget, git, for one command",
             R"sh(curl -fsS {url} -o cachearr.pem
curl --cacert cachearr.pem https://...
wget --ca-certificate=cachearr.pem https://...
GIT_SSL_CAINFO=cachearr.pem git ...)sh",
             R"sh(rm cachearr.pem)sh"},
};

std::string fill(std::string_view text, const TrustFacts& facts) {
  std::string out;
  for (;;) {
    const auto at = text.find('{');
    out += text.substr(0, at);
    if (at == std::string_view::npos) return out;
    text.remove_prefix(at);
    if (text.starts_with("{url}")) {
      out += facts.url;
      text.remove_prefix(5);
    } else if (text.starts_with("{name}")) {
      out += facts.name;
      text.remove_prefix(6);
    } else {
      out += '{';
      text.remove_prefix(1);
    }
  }
}

}  // namespace

std::vector<TrustSteps> trust_steps(const TrustFacts& facts) {
  std::vector<TrustSteps> all;
  all.reserve(kTemplates.size());
  for (const auto& [id, title, trust, undo] : kTemplates) {
    all.push_back({id, title, fill(trust, facts), fill(undo, facts)});
  }
  return all;
}

}  // namespace cachearr::authority
