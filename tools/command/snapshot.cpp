// pawlctl snapshot: the group, and the snapshot taken now.
#include "tools/client/admin_client.hpp"
#include "tools/command/commands.hpp"
#include "tools/json_view.hpp"

#include <CLI/CLI.hpp>

#include <charconv>

namespace pawl::tools {

namespace {

int take_snapshot(program& p) {
    const auto server = connect_admin(p.global);
    server->set_answer_time(long_answer_time_max);
    const boost::json::value taken = ask(*server, app::http_method::post, "/admin/snapshot");
    if (p.out.json()) {
        print_json(p.out, taken);
        return 0;
    }
    const std::string bytes = text_of(taken, "bytes");
    std::uint64_t size = 0;
    std::from_chars(bytes.data(), bytes.data() + bytes.size(), size);
    p.out.line("snapshot at record " + text_of(taken, "lsn") + ", " + size_text(size) + ", " + text_of(taken, "ms") +
               " ms");
    return 0;
}

} // namespace

void add_snapshot_command(CLI::App& parser, program& p) {
    CLI::App* const group = parser.add_subcommand("snapshot", "the state as one file: take, list, look into, prove");
    group->require_subcommand(1);
    CLI::App* const now = group->add_subcommand("now", "take a snapshot, also while the server serves");
    now->callback([&p] { p.action = [&p] { return take_snapshot(p); }; });
    add_snapshot_reading(*group, p);
}

} // namespace pawl::tools
