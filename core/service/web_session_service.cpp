#include "core/service/web_session_service.hpp"

#include <utility>

namespace pawl {

task<result<web_visit>> web_session_service::visit(std::string_view /*cookie*/, caller /*from*/, bool /*rotates*/) {
    co_return web_visit{};
}

task<result<web_visit>> web_session_service::sign_in(std::string /*name*/, secret_string /*password*/,
                                                     std::string_view /*cookie*/, caller /*from*/) {
    co_return errc::storage_unavailable;
}

task<result<void>> web_session_service::sign_out(std::string_view /*cookie*/, caller /*from*/) {
    co_return result<void>();
}

} // namespace pawl
