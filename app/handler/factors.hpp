// What /login, /token and the handlers of factors share.
#pragma once

#include "app/http/message.hpp"
#include "core/service/second_factor.hpp"

#include <cstdint>
#include <optional>
#include <string_view>

namespace pawl::app {

// 401 second_factor_required or 403 enrolment_required, with `step` and `factors`; as RFC 6749 5.2 has refusals, with
// `mfa_token`.
http_response factor_wanted_problem(const wanted_factor& wanted);
http_response factor_wanted_oauth(const wanted_factor& wanted);

// The number of a factor: digits without a leading zero; std::nullopt for anything else.
std::optional<std::uint32_t> factor_in_path(std::string_view text);

} // namespace pawl::app
