// Clients, APIs and scopes as operators and files say them: what is taken and may be stored is written as JSON that
// says the same again; a redirect URI that is taken has none of what makes one dangerous; any name comes back out of a
// path.
#include "app/dto/client_json.hpp"
#include "app/http/json_body.hpp"
#include "app/http/json_tree.hpp"
#include "app/http/path_segment.hpp"
#include "core/provider/client_rules.hpp"

#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace {

using namespace pawl;
using namespace pawl::app;

void require(bool holds) {
    if (!holds) {
        std::abort();
    }
}

catalogue some_catalogue() {
    catalogue known;
    auto a = std::make_shared<api>();
    a->identifier = "a";
    known.apis.push_back(a);
    auto s = std::make_shared<scope>();
    s->name = "s";
    known.scopes.push_back(s);
    return known;
}

void check_redirect_uri(std::string_view uri) {
    for (const bool native : {false, true}) {
        if (redirect_uri_problem(uri, native).empty()) {
            require(uri.size() <= client_uri_size_max && uri.find_first_of("#*\\ <>\"") == std::string_view::npos);
            require(uri.find(':') != std::string_view::npos);
        }
    }
    require(redirect_uri_problem(uri, true).empty() || !redirect_uri_problem(uri, false).empty());
}

// The client again, as its own JSON has it without what the server sets.
void write_and_read(const client& c) {
    tree_result again = read_json_tree(client_json(c), std::size_t{1} << 20U);
    if (again.has_error()) { // larger than any body
        return;
    }
    for (const char* name : {"secrets", "origin", "created_at"}) {
        again->erase(name);
    }
    member_reader reader(*again);
    const result<client_wishes> wishes = read_client_body(reader);
    require(wishes.has_value());
    client same = new_client(*wishes);
    same.created_at = c.created_at;
    require(client_json(same) == client_json(c));
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    check_redirect_uri(text);
    if (!text.empty()) {
        require(name_in_path(path_segment(text)) == text);
    }
    name_in_path(text);
    std::vector<std::string> names;
    if (read_scope_parameter(text, names)) {
        require(names.size() <= scopes_max);
    }
    const tree_result tree = read_json_tree(text, json_size_max);
    if (tree.has_error()) {
        return 0;
    }
    const catalogue known = some_catalogue();
    for (const wish_source from : {wish_source::operators, wish_source::file}) {
        member_reader of_client(*tree), of_api(*tree), of_scope(*tree);
        const seeded_client read = read_client(of_client, from);
        const client c = new_client(read.wishes);
        if (!of_client.failed() && check_client(c, known).empty()) {
            require(read.secrets.size() <= client_secrets_max);
            write_and_read(c);
        }
        read_api(of_api, from);
        read_scope(of_scope, from);
    }
    return 0;
}
