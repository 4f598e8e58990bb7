// /admin/scopes: scopes that operators define. The built-in ones are not among them.
#include "app/dto/client_json.hpp"
#include "app/handler/admin_entities.hpp"
#include "app/handler/rows.hpp"
#include "app/http/path_segment.hpp"
#include "core/text/json_text.hpp"

namespace pawl::app {

namespace {

struct scope_kind {
    static constexpr std::string_view collection = "/admin/scopes";
    static constexpr std::string_view plural = "scopes";
    static constexpr auto read = &read_scope_body;
    static constexpr auto create = &client_service::create_scope;
    static constexpr auto change = &client_service::change_scope;
    static constexpr auto find = &client_service::find_scope;
    static constexpr auto remove = &client_service::remove_scope;

    static const std::string& name_of(const scope_ptr& one) { return one->name; }
    static std::string json_of(const scope_ptr& one) { return scope_json(*one); }
    static const auto& in(const catalogue& known) { return known.scopes; }
    static std::string listed(const scope& one, const catalogue& /*known*/) { return scope_json(one); }
};

using enum http_method;

constexpr route rows[] = {
    {get, "/admin/scopes", as_operator<list_entities<scope_kind>>, "admin_list_scopes", refuses()},
    {post, "/admin/scopes", as_operator<create_entity<scope_kind>>, "admin_create_scope",
     refuses(json_body, errc::scope_taken, errc::too_many_entities)},
    {get, "/admin/scopes/{id}", as_operator<get_entity<scope_kind>>, "admin_get_scope", refuses(errc::scope_not_found)},
    {patch, "/admin/scopes/{id}", as_operator<change_entity<scope_kind>>, "admin_change_scope",
     refuses(json_body, errc::scope_not_found)},
    {delete_, "/admin/scopes/{id}", as_operator<remove_entity<scope_kind>>, "admin_remove_scope",
     refuses(errc::scope_not_found, errc::still_named)},
};

} // namespace

constinit const row_list admin_scopes_rows(rows);

} // namespace pawl::app
