// What POST /signup and the page of /sign-up share.
#pragma once

#include "app/http/context.hpp"
#include "core/service/link_service.hpp"

#include <string>

namespace pawl::app {

// A sign-up by mail, in the language that the request asks for. mail_off, and as link_service::ask_sign_up(). Awaited
// directly: the references outlive the call.
task<result<void>> ask_sign_up(app_context& context, const http_request& request, std::string email);

} // namespace pawl::app
