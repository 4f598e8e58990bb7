// Names and passwords of any bytes: what is taken is in its normal form, within its size, and found again when folded.
#include "core/password/password.hpp"
#include "core/text/unicode.hpp"
#include "core/user/names.hpp"

#include <cstdint>
#include <cstdlib>

namespace {

void require(bool holds) {
    if (!holds) {
        std::abort();
    }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace pawl;
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    std::string why;
    if (const auto name = check_username(text, "ada@example.org", why)) {
        require(!name->empty() && name->size() <= username_size_max);
        require(to_nfc(*name) == *name);
        require(fold_login_name(*name) == fold_login_name(text));
        require(check_username(*name, "ada@example.org", why) == name);
    } else {
        require(!why.empty());
    }
    if (const auto email = check_email(text, why)) {
        require(*email == text && fold_login_name(text) == fold_ascii(text));
    }
    check_personal_name(text, why);
    // Where a small letter alone is composed (t with a diaeresis, but no T), it is so at the second folding.
    const std::string folded = fold_login_name(fold_login_name(text));
    require(fold_login_name(folded) == folded);
    const secret_string normal = normalize_password(text);
    require(normal.size() <= password_size_max);
    if (!check_new_password(text, password_rules{}, "ada@example.org", "ada")) {
        require(!normal.empty() && normalize_password(normal.reveal()).reveal() == normal.reveal());
    }
    return 0;
}
