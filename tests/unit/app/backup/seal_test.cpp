#include "app/backup/seal.hpp"

#include <gtest/gtest.h>

namespace cachearr::app::backup {
namespace {

TEST(Seal, OpensWithTheSamePassphraseAlone) {
  const auto sealed = seal("the key", "correct horse");
  ASSERT_TRUE(sealed);
  EXPECT_EQ(sealed->find("the key"), std::string::npos);
  EXPECT_EQ(*unseal(*sealed, "correct horse"), "the key");
  EXPECT_FALSE(unseal(*sealed, "correct horsf"));
}

TEST(Seal, IsAnotherOneEachTime) { EXPECT_NE(*seal("x", "correct horse"), *seal("x", "correct horse")); }

TEST(Seal, BreaksWithAnyChange) {
  const auto sealed = *seal("the key", "correct horse");
  for (const auto i : {0UL, 20UL, 40UL, 50UL, sealed.size() - 1}) {
    auto changed = sealed;
    changed[i] = static_cast<char>(changed[i] ^ 1);
    EXPECT_FALSE(unseal(changed, "correct horse")) << i;
  }
  EXPECT_FALSE(unseal(sealed.substr(0, 30), "correct horse"));
}

}  // namespace
}  // namespace cachearr::app::backup
