// /admin/apis: APIs (resource servers), whose access tokens are for them. A path names one by its identifier,
// percent-encoded.
#include "app/dto/client_json.hpp"
#include "app/handler/admin_entities.hpp"
#include "app/handler/rows.hpp"
#include "app/http/path_segment.hpp"
#include "core/text/json_text.hpp"

namespace pawl::app {

namespace {

struct api_kind {
    static constexpr std::string_view collection = "/admin/apis";
    static constexpr std::string_view plural = "apis";
    static constexpr auto read = &read_api_body;
    static constexpr auto create = &client_service::create_api;
    static constexpr auto change = &client_service::change_api;
    static constexpr auto find = &client_service::find_api;
    static constexpr auto remove = &client_service::remove_api;

    static const std::string& name_of(const seen_api& seen) { return seen.record->identifier; }
    static std::string json_of(const seen_api& seen) { return api_json(*seen.record, *seen.known); }
    static const auto& in(const catalogue& known) { return known.apis; }
    static std::string listed(const api& one, const catalogue& known) { return api_json(one, known); }
};

using enum http_method;

constexpr route rows[] = {
    {get, "/admin/apis", as_operator<list_entities<api_kind>>, "admin_list_apis", refuses()},
    {post, "/admin/apis", as_operator<create_entity<api_kind>>, "admin_create_api",
     refuses(json_body, errc::api_taken, errc::too_many_entities)},
    {get, "/admin/apis/{id}", as_operator<get_entity<api_kind>>, "admin_get_api", refuses(errc::api_not_found)},
    {patch, "/admin/apis/{id}", as_operator<change_entity<api_kind>>, "admin_change_api",
     refuses(json_body, errc::api_not_found, errc::too_many_entities)},
    {delete_, "/admin/apis/{id}", as_operator<remove_entity<api_kind>>, "admin_remove_api",
     refuses(errc::api_not_found, errc::still_named)},
};

} // namespace

constinit const row_list admin_apis_rows(rows);

} // namespace pawl::app
