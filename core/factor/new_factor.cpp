#include "core/factor/new_factor.hpp"

namespace pawl {

user_factor new_totp(const totp_kind& kind, std::uint8_t key_id, random_source& random) {
    user_factor made;
    made.kind = factor_kind::totp;
    made.key_id = key_id;
    random.fill(made.salt);
    made.digits = kind.digits;
    made.period = kind.period;
    made.algorithm = static_cast<std::uint8_t>(kind.algorithm);
    return made;
}

user_factor new_recovery_set(std::uint8_t key_id, random_source& random) {
    user_factor made;
    made.kind = factor_kind::recovery;
    made.key_id = key_id;
    random.fill(made.salt);
    made.count = recovery_codes_made;
    return made;
}

} // namespace pawl
