// POST /admin/import: one line of an export, added where it is not there yet; of the first line its next_user_id.
#include "app/handler/callers.hpp"
#include "app/handler/rows.hpp"
#include "app/handler/support.hpp"
#include "app/instance/operations.hpp"
#include "app/transfer/import_apply.hpp"
#include "core/text/json_text.hpp"

#include <optional>
#include <string>
#include <utility>
#include <variant>

namespace pawl::app {

namespace {

// std::nullopt if the record is of another kind.
template <class Record>
std::optional<result<import_result>> apply_entity(registry& entities, const import_record& record) {
    const auto* const r = std::get_if<Record>(&record);
    return r == nullptr ? std::nullopt : std::optional(apply_import(entities, *r));
}

result<import_result> apply(app_context& context, import_record record) {
    if (auto* const u = std::get_if<user>(&record)) {
        return apply_import(context.data, std::move(*u), context.time.now());
    }
    if (const auto* const f = std::get_if<storage::family_image>(&record)) {
        return apply_import(context.data, *f, context.time.now());
    }
    if (const auto* const f = std::get_if<factor_state>(&record)) {
        return apply_import(context.data, *f);
    }
    if (context.entities != nullptr) {
        for (const std::optional<result<import_result>>& done :
             {apply_entity<client>(*context.entities, record), apply_entity<api>(*context.entities, record),
              apply_entity<scope>(*context.entities, record), apply_entity<revoked_token>(*context.entities, record),
              apply_entity<consent>(*context.entities, record)}) {
            if (done) {
                return *done;
            }
        }
    }
    const auto* const refusal = std::get_if<import_refusal>(&record);
    const std::string why =
        refusal != nullptr ? refusal->why : "the line is neither the first of an export nor a record of one";
    return failure(errc::validation_failed, {field_error{"line", why}});
}

// As which act it stands in the log.
event_kind act_of(const import_record& record) {
    return std::holds_alternative<client>(record)          ? event_kind::client_created
           : std::holds_alternative<api>(record)           ? event_kind::api_created
           : std::holds_alternative<scope>(record)         ? event_kind::scope_created
           : std::holds_alternative<revoked_token>(record) ? event_kind::token_revoked
           : std::holds_alternative<consent>(record)       ? event_kind::consent_granted
           : std::holds_alternative<factor_state>(record)  ? event_kind::user_changed
                                                           : event_kind::user_created;
}

http_response outcome_answer(const import_result& done) {
    std::string body;
    json_object_writer(body)
        .member("outcome", name_of(done.outcome))
        .member("subject", done.subject)
        .member("why", reason_of(done.outcome))
        .end();
    return json_answer(200, std::move(body));
}

// The ids that the other store gave are not given here, though their users may be gone.
task<http_response> take_over_ids(app_context& context, std::uint64_t next_user_id) {
    if (context.instance_operations == nullptr) {
        co_return problem_response(failure(errc::not_on_disk));
    }
    auto pending = context.instance_operations->raise_next_user_id(next_user_id);
    const auto raised = co_await std::move(pending);
    if (!raised) {
        co_return problem_response(raised.error());
    }
    import_result done;
    done.outcome = *raised ? import_outcome::added : import_outcome::same;
    done.subject = "next_user_id " + std::to_string(next_user_id);
    co_return outcome_answer(done);
}

// A client that was added and signs people in needs a key for its ID tokens. Where none can be made, the log says so,
// as at a start: the client is there all the same. Awaited directly.
task<void> make_signer_of(app_context& context, const operator_caller& by, jws_algorithm algorithm) {
    if (context.instance_operations == nullptr || context.keys()->signing_key->algorithm() == jws_algorithm::hs256) {
        co_return; // under HS256 there are no ID tokens
    }
    auto making = context.instance_operations->make_signer(algorithm);
    result<std::string> made = co_await std::move(making);
    if (made && !made->empty()) {
        auto noting = context.admin->record(by, event_kind::key_added, *std::move(made));
        static_cast<void>(co_await std::move(noting)); // the answer waits for more than that
    }
}

// What the ID tokens of an imported client are signed with; std::nullopt if it has none.
std::optional<jws_algorithm> signs_with(const import_record& record) {
    const auto* const c = std::get_if<client>(&record);
    return c != nullptr && c->takes_id_tokens() ? std::optional(jws_algorithm_of(c->id_token_alg)) : std::nullopt;
}

task<http_response> handle_admin_import(app_context& context, const http_request& request, operator_caller by) {
    const body_outcome body = read_body(request, body_kinds::json); // media type, form and names that come twice
    if (const auto* failed = std::get_if<body_failure>(&body)) {
        co_return failed->as_problem();
    }
    import_record record = read_import_line(request.body);
    if (const auto* const head = std::get_if<export_head>(&record)) {
        auto taking_over = take_over_ids(context, head->next_user_id);
        co_return co_await std::move(taking_over);
    }
    const event_kind act = act_of(record);
    const std::optional<jws_algorithm> algorithm = signs_with(record);
    const result<import_result> done = apply(context, std::move(record));
    if (!done) {
        co_return refuse_operator(context, request, done.error());
    }
    if (done->outcome == import_outcome::added) {
        auto noting = context.admin->record(by, act, "import of " + done->subject);
        const result<void> noted = co_await std::move(noting);
        if (!noted) {
            co_return refuse_operator(context, request, noted.error());
        }
    }
    if (done->outcome == import_outcome::added && algorithm) {
        auto making = make_signer_of(context, by, *algorithm);
        co_await std::move(making);
    }
    auto settling = context.data.durable(done->wait_for);
    const bool stands = co_await std::move(settling);
    if (!stands) {
        co_return problem_response(failure(errc::storage_unavailable));
    }
    co_return outcome_answer(*done);
}

using enum http_method;

constexpr route rows[] = {
    {post, "/admin/import", as_operator<handle_admin_import>, "admin_import",
     refuses(json_body, errc::not_on_disk, errc::operations_busy, errc::password_queue_full)},
};

} // namespace

constinit const row_list admin_import_rows(rows);

} // namespace pawl::app
