// /admin/info: what this server is.
#include "app/events/event_service.hpp"
#include "app/handler/admin_support.hpp"
#include "app/handler/handlers.hpp"
#include "app/handler/support.hpp"
#include "core/text/json_text.hpp"
#include "storage/directory/manifest.hpp"

#include <unistd.h>

#include <chrono>

namespace pawl::app {

task<http_response> handle_admin_info(app_context& context, const http_request& /*request*/, operator_caller /*by*/) {
    const auto up = std::chrono::steady_clock::now() - context.instance.started_at;
    std::string body;
    json_object_writer(body)
        .member("name", "pawl")
        .member("version", context.version)
        .member("pid", std::int64_t{::getpid()})
        .member("data_dir", context.instance.data_dir)
        .member("issuer", context.settings.issuer)
        .member("uptime_s", std::int64_t{std::chrono::duration_cast<seconds>(up).count()})
        .member("development", context.development)
        .member("algorithm", context.instance.algorithm)
        .member("durability", context.instance.durability)
        .member("restore_mark", storage::mark_text(context.events != nullptr ? context.events->mark() : 0))
        .end();
    co_return json_answer(200, std::move(body));
}

} // namespace pawl::app
