#include "core/factor/decide_login.hpp"

#include <algorithm>

namespace pawl {

bool has_second_factor(const user& u) {
    return std::ranges::any_of(u.factors, [](const user_factor& f) { return f.kind != factor_kind::recovery; });
}

login_decision decide_login(const user& u, second_shown shown, bool is_remembered, factor_policy policy) {
    if (shown != second_shown::nothing) {
        return {login_verdict::done, acr_two_factors, amr_password | amr_otp | amr_mfa};
    }
    if (policy == factor_policy::none) {
        return {};
    }
    if (has_second_factor(u)) {
        return is_remembered ? login_decision{} : login_decision{.what = login_verdict::more};
    }
    const bool has_to = policy == factor_policy::all || (policy == factor_policy::superusers && u.is_superuser);
    return has_to ? login_decision{.what = login_verdict::enrolment} : login_decision{};
}

} // namespace pawl
