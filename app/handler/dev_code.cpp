// POST /dev/code: an authorization code without a page, for tests. What the client may ask for is held to as at
// /authorize; that the user signed in and allowed it is taken for granted.
#include "app/handler/authorizing.hpp"
#include "app/handler/callers.hpp"
#include "app/handler/object_body.hpp"
#include "app/handler/rows.hpp"
#include "app/handler/support.hpp"
#include "app/http/member_reader.hpp"
#include "core/provider/authorization_code.hpp"
#include "core/provider/web_cookie.hpp"
#include "core/service/code_service.hpp"
#include "core/service/consent_service.hpp"
#include "core/service/issue.hpp"
#include "core/text/json_text.hpp"
#include "core/user/names.hpp"

#include <array>
#include <limits>
#include <utility>

namespace pawl::app {

namespace {

struct code_wish {
    std::optional<std::string> user; // a login name
    std::optional<user_id> user_number;
    authorization_parameters asked; // as at /authorize
};

result<code_wish> read_code_wish(const boost::json::object& body) {
    member_reader reader(body);
    code_wish wish;
    const parameter_kind user = reader.kind_of("user");
    if (user == parameter_kind::string) {
        wish.user = reader.optional_text("user");
    } else if (user == parameter_kind::integer) {
        constexpr std::uint64_t most = std::numeric_limits<std::int64_t>::max();
        wish.user_number = user_id{reader.optional_count("user", 1, most).value_or(0)};
    } else {
        reader.blame("user", "must be a login name or an id");
    }
    wish.asked.emplace_back("response_type", "code");
    wish.asked.emplace_back("client_id", reader.required_text("client_id"));
    for (const char* name : {"scope", "redirect_uri", "nonce", "state", "code_challenge", "resource", "claims"}) {
        if (auto text = reader.optional_text(name)) {
            wish.asked.emplace_back(name, *std::move(text));
        }
    }
    if (reader.given("code_challenge")) {
        wish.asked.emplace_back("code_challenge_method", "S256");
    }
    reader.refuse_others();
    if (reader.failed()) {
        return reader.why();
    }
    return wish;
}

const std::string* value_of(const authorization_parameters& asked, std::string_view name) {
    for (const auto& [given, value] : asked) {
        if (given == name) {
            return &value;
        }
    }
    return nullptr;
}

failure refusal_of(const authorization_refusal& why) {
    return {errc::validation_failed, {{"", why.error + ": " + why.description}}};
}

struct wanted_code {
    authorization_request request;
    authorization_code code;
    bool asks = false; // the client asks users for consent
};

// Of the user as one who signed in just now, and allowed what the client asks for.
result<wanted_code> decide_code(const app_context& context, code_wish wish, random_source& random) {
    const user_ptr owner = wish.user ? context.data.find_user_by_login(fold_login_name(*wish.user))
                                     : context.data.find_user(*wish.user_number);
    if (!owner) {
        return errc::user_not_found;
    }
    const client_ptr who = context.entities->find_client(*value_of(wish.asked, "client_id"));
    if (!who) {
        return errc::client_not_found;
    }
    if (value_of(wish.asked, "redirect_uri") == nullptr && who->redirect_uris.size() > 1) { // one may go unsaid
        wish.asked.emplace_back("redirect_uri", who->redirect_uris.front());
    }
    const catalogue_ptr all = context.entities->find_catalogue();
    const timestamp now = context.time.now();
    auto read = read_authorization_request(wish.asked, {who, *all, now, random_family_id(random), std::nullopt, false});
    if (const auto* refused = std::get_if<authorization_refusal>(&read)) {
        return refusal_of(*refused);
    }
    wanted_code out;
    out.request = std::move(std::get<authorization_request>(read));
    if (std::optional<failure> refused = no_key_for(context, out.request, *who, now)) {
        return *std::move(refused);
    }
    const signed_in browser{owner, family_id{}, now, acr_password};
    authorization_step step =
        decide_authorization(out.request, *who, *all, browser, nullptr, {.chosen = true, .allowed = every_scope}, now);
    if (step.what == authorization_step::kind::refuse) {
        return refusal_of(step.refusal);
    }
    step.what = authorization_step::kind::grant;
    step.consent_version = 0; // the caller has it allowed
    out.code = code_for(out.request, step, *who, *all, browser, amr_password, now);
    out.code.bound = false; // on no session
    out.asks = who->consent == client_consent::ask;
    return out;
}

std::string answer_json(const app_context& context, const wanted_code& wanted, const secret_string& code) {
    const std::vector<std::pair<std::string, std::string>> answer{
        {"code", std::string(code.reveal())}, {"state", wanted.request.state}, {"iss", context.settings.issuer}};
    std::vector<std::pair<std::string, std::string>> sent = answer;
    std::erase_if(sent, [](const auto& one) { return one.second.empty(); });
    std::string out;
    json_object_writer object(out);
    for (const auto& [name, value] : answer) {
        object.member(name, value);
    }
    object.member("redirect_to", redirect_with(target_of(wanted.request), sent)).end();
    return out;
}

task<http_response> handle_dev_code(app_context& context, const http_request& request) {
    const auto body = read_object(request);
    if (!body) {
        co_return body.error();
    }
    result<code_wish> wish = read_code_wish(*body);
    if (!wish) {
        co_return problem_response(wish.error());
    }
    if (context.codes == nullptr || context.entities == nullptr) {
        co_return problem_response(failure(errc::client_not_found));
    }
    result<wanted_code> wanted = decide_code(context, *std::move(wish), *context.development_random);
    if (!wanted) {
        const failure& why = wanted.error(); // of a 422 its fields are told anyway
        const bool says_why = why.code == errc::unauthorized_client && !why.fields.empty();
        co_return problem_response(why, says_why ? std::string_view(why.fields.front().message) : std::string_view());
    }
    if (wanted->asks && context.consents != nullptr) {
        auto allowing =
            context.consents->allow(wanted->code.user, wanted->code.client, wanted->code.scopes, request.from);
        const result<consent_ptr> allowed = co_await std::move(allowing);
        if (!allowed) {
            co_return problem_response(allowed.error());
        }
        wanted->code.consent_version = (*allowed)->era;
    }
    auto pending = context.codes->issue(wanted->code);
    const result<secret_string> code = co_await std::move(pending);
    if (!code) {
        co_return problem_response(code.error());
    }
    co_return json_answer(201, answer_json(context, *wanted, *code));
}

using enum http_method;

constexpr route rows[] = {
    {post, "/dev/code", as_developer<handle_dev_code>, "dev_code",
     refuses(json_body, errc::user_not_found, errc::client_not_found, errc::unauthorized_client,
             errc::too_many_consents, errc::storage_unavailable)},
};

} // namespace

constinit const row_list dev_code_rows(rows);

} // namespace pawl::app
