// /admin/clients: an operator's view of clients, changes, and their secrets.
#include "app/dto/admin_requests.hpp"
#include "app/dto/client_json.hpp"
#include "app/handler/admin_entities.hpp"
#include "app/handler/rows.hpp"
#include "app/http/path_segment.hpp"
#include "core/text/json_text.hpp"

#include <charconv>
#include <limits>

namespace pawl::app {

namespace {

struct client_kind {
    static constexpr std::string_view collection = "/admin/clients";
    static constexpr auto read = &read_client_body;
    static constexpr auto create = &client_service::create_client;
    static constexpr auto change = &client_service::change_client;
    static constexpr auto find = &client_service::find_client;
    static constexpr auto remove = &client_service::remove_client;

    static const std::string& name_of(const made_client& made) { return made.record->client_id; }
    static std::string json_of(const made_client& made) { return client_json(*made.record, made.secret.reveal()); }
    static std::string json_of(const client_ptr& one) { return client_json(*one); }
};

task<http_response> handle_admin_list_clients(app_context& context, const http_request& request,
                                              operator_caller /*by*/) {
    const auto wanted = read_query(request, read_client_query);
    if (!wanted) {
        co_return wanted.error();
    }
    auto pending = context.clients->list_clients(wanted->after, wanted->limit);
    const auto page = co_await std::move(pending);
    if (!page) {
        co_return problem_response(page.error());
    }
    std::string clients = "[";
    for (const client_ptr& c : page->clients) {
        clients += clients.size() > 1 ? "," : "";
        clients += client_json(*c);
    }
    clients += "]";
    std::string body;
    json_object_writer(body)
        .raw("clients", clients)
        .raw("next", page->next ? std::to_string(page->next->value) : "null")
        .end();
    co_return json_answer(200, std::move(body));
}

task<http_response> handle_admin_add_client_secret(app_context& context, const http_request& request,
                                                   operator_caller by) {
    const auto overlap = read_tree(request, read_secret_overlap);
    if (!overlap) {
        co_return overlap.error();
    }
    auto pending = context.clients->add_secret(std::move(by), name_in_path(request.path_parameter), *overlap);
    const auto added = co_await std::move(pending);
    if (!added) {
        co_return refuse_operator(context, request, added.error());
    }
    std::string body;
    json_object_writer(body)
        .member("serial", std::uint64_t{added->serial})
        .member("secret", added->text.reveal())
        .end();
    co_return json_answer(201, std::move(body));
}

task<http_response> handle_admin_remove_client_secret(app_context& context, const http_request& request,
                                                      operator_caller by) {
    std::uint32_t serial = 0;
    const std::string& text = request.second_parameter;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), serial);
    if (error != std::errc() || end != text.data() + text.size()) {
        serial = 0; // no secret has it
    }
    auto pending = context.clients->remove_secret(std::move(by), name_in_path(request.path_parameter), serial);
    const auto removed = co_await std::move(pending);
    co_return done_or_refused(context, request, removed);
}

task<http_response> handle_admin_log_out_client(app_context& context, const http_request& request, operator_caller by) {
    auto pending = context.clients->log_out_client(std::move(by), name_in_path(request.path_parameter));
    const auto done = co_await std::move(pending);
    co_return done_or_refused(context, request, done);
}

using enum http_method;

constexpr route rows[] = {
    {get, "/admin/clients", as_operator<handle_admin_list_clients>, "admin_list_clients", refuses(query_string)},
    {post, "/admin/clients", as_operator<create_entity<client_kind>>, "admin_create_client",
     refuses(json_body, errc::jwks_uri_off, errc::client_id_taken, errc::too_many_entities, errc::key_file_read_only,
             errc::too_many_keys, errc::operations_busy)},
    {get, "/admin/clients/{id}", as_operator<get_entity<client_kind>>, "admin_get_client",
     refuses(errc::client_not_found)},
    {patch, "/admin/clients/{id}", as_operator<change_entity<client_kind>>, "admin_change_client",
     refuses(json_body, errc::jwks_uri_off, errc::client_not_found, errc::key_file_read_only, errc::too_many_keys,
             errc::operations_busy)},
    {delete_, "/admin/clients/{id}", as_operator<remove_entity<client_kind>>, "admin_remove_client",
     refuses(errc::client_not_found)},
    {post, "/admin/clients/{id}/secrets", as_operator<handle_admin_add_client_secret>, "admin_add_client_secret",
     refuses(json_body, errc::client_not_found)},
    {delete_, "/admin/clients/{id}/secrets/{serial}", as_operator<handle_admin_remove_client_secret>,
     "admin_remove_client_secret", refuses(errc::client_not_found, errc::secret_not_found)},
    {post, "/admin/clients/{id}/logout", as_operator<handle_admin_log_out_client>, "admin_log_out_client",
     refuses(errc::client_not_found)},
};

} // namespace

constinit const row_list admin_clients_rows(rows);

} // namespace pawl::app
