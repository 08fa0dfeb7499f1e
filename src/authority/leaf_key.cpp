// OpenSSL 3.0 encodes a key of its providers anew for each certificate that gets it (250 us, four fifths of a mint); a
// key in the older form is copied (4 us). The calls that make one are deprecated, not gone, and only used here.
#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/ec.h>

#include "authority/certificates.hpp"

namespace cachearr::authority {

KeyPtr new_leaf_key() {
  using EcKeyPtr = std::unique_ptr<EC_KEY, Releases<EC_KEY_free>>;
  EcKeyPtr curve{EC_KEY_new_by_curve_name(NID_X9_62_prime256v1)};
  KeyPtr key{EVP_PKEY_new()};
  if (!curve || !key || EC_KEY_generate_key(curve.get()) != 1) return nullptr;
  if (EVP_PKEY_assign_EC_KEY(key.get(), curve.get()) != 1) return nullptr;
  static_cast<void>(curve.release());  // the key's from now on
  return key;
}

}  // namespace cachearr::authority
