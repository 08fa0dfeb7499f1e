#include <openssl/ocsp.h>

#include "authority/client_state.hpp"

namespace cachearr::authority {
namespace {

using ResponsePtr = std::unique_ptr<OCSP_RESPONSE, Releases<OCSP_RESPONSE_free>>;
using BasicPtr = std::unique_ptr<OCSP_BASICRESP, Releases<OCSP_BASICRESP_free>>;
using IdPtr = std::unique_ptr<OCSP_CERTID, Releases<OCSP_CERTID_free>>;

constexpr int kAcceptCertificate = 1;
constexpr int kRefuseCertificate = 0;

BasicPtr stapled_answer(SSL* ssl) {
  const unsigned char* bytes = nullptr;
  const auto size = SSL_get_tlsext_status_ocsp_resp(ssl, &bytes);
  if (bytes == nullptr || size <= 0) return nullptr;
  const ResponsePtr response{d2i_OCSP_RESPONSE(nullptr, &bytes, size)};
  if (!response || OCSP_response_status(response.get()) != OCSP_RESPONSE_STATUS_SUCCESSFUL) return nullptr;
  return BasicPtr{OCSP_response_get1_basic(response.get())};
}

bool says_revoked(OCSP_BASICRESP* answer, const X509* leaf, const X509* issuer) {
  // The answer names its certificate by hashes of its issuer, and says itself with which digest.
  for (int i = 0; i < OCSP_resp_count(answer); ++i) {
    OCSP_SINGLERESP* single = OCSP_resp_get0(answer, i);
    ASN1_OBJECT* digest = nullptr;
    OCSP_id_get0_info(nullptr, &digest, nullptr, nullptr, const_cast<OCSP_CERTID*>(OCSP_SINGLERESP_get0_id(single)));
    const EVP_MD* algorithm = EVP_get_digestbyobj(digest);
    if (algorithm == nullptr) continue;
    const IdPtr id{OCSP_cert_to_id(algorithm, leaf, issuer)};
    if (!id || OCSP_id_cmp(id.get(), OCSP_SINGLERESP_get0_id(single)) != 0) continue;
    if (OCSP_single_get0_status(single, nullptr, nullptr, nullptr, nullptr) == V_OCSP_CERTSTATUS_REVOKED) return true;
  }
  return false;
}

int on_status(SSL* ssl, void*) {
  const auto answer = stapled_answer(ssl);
  STACK_OF(X509)* chain = SSL_get0_verified_chain(ssl);
  if (!answer || chain == nullptr || sk_X509_num(chain) < 2) return kAcceptCertificate;
  X509_STORE* roots = SSL_CTX_get_cert_store(SSL_get_SSL_CTX(ssl));
  if (OCSP_basic_verify(answer.get(), chain, roots, 0) != 1) {
    last_openssl_error();
    return kAcceptCertificate;
  }
  if (!says_revoked(answer.get(), sk_X509_value(chain, 0), sk_X509_value(chain, 1))) return kAcceptCertificate;
  state_of(ssl).is_revoked = true;
  return kRefuseCertificate;
}

}  // namespace

void check_stapled_status(SSL_CTX* context) {
  SSL_CTX_set_tlsext_status_type(context, TLSEXT_STATUSTYPE_ocsp);
  SSL_CTX_set_tlsext_status_cb(context, &on_status);
}

}  // namespace cachearr::authority
