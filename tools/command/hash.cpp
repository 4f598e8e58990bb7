// pawlctl hash: what Argon2id costs on this machine, and whether a password is the one of a hash.
#include "app/config/config.hpp"
#include "app/dto/admin_responses.hpp"
#include "app/worker/hash_memory.hpp"
#include "core/password/stored_hash.hpp"
#include "storage/system_random.hpp"
#include "tools/command/commands.hpp"
#include "tools/found_memory.hpp"
#include "tools/json_view.hpp"
#include "tools/prompt.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include <CLI/CLI.hpp>

#include <sys/resource.h>
#include <time.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <memory>
#include <new>
#include <optional>
#include <thread>

namespace pawl::tools {

namespace {

// OWASP's five least costs, and dearer ones: RFC 9106's second choice is 65536/3.
constexpr std::array costs{argon2_cost{7168, 5},   argon2_cost{9216, 4},   argon2_cost{12288, 3},
                           argon2_cost{19456, 2},  argon2_cost{19456, 3},  argon2_cost{47104, 1},
                           argon2_cost{47104, 2},  argon2_cost{65536, 1},  argon2_cost{65536, 2},
                           argon2_cost{65536, 3},  argon2_cost{131072, 1}, argon2_cost{131072, 2},
                           argon2_cost{131072, 3}, argon2_cost{262144, 1}, argon2_cost{262144, 3}};
constexpr double ms_per_s = 1e3;

double thread_cpu_ms() {
    timespec used{};
    ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
    return static_cast<double>(used.tv_sec) * ms_per_s + static_cast<double>(used.tv_nsec) / 1e6;
}

// The least CPU time of some runs: what else runs on the machine only ever adds.
double measure(const argon2_cost& cost, unsigned runs, random_source& random) {
    const secret_string password("a password to measure with");
    double least = 0;
    for (unsigned i = 0; i < runs; ++i) {
        const double before = thread_cpu_ms();
        static_cast<void>(hash_password_blocking(password, cost, random));
        const double took = thread_cpu_ms() - before;
        least = i == 0 ? took : std::min(least, took);
    }
    return least;
}

struct measured_cost {
    argon2_cost cost;
    double ms = 0;
    double work() const { return static_cast<double>(cost.memory_kib) * cost.passes; }
};

std::string option_text(const argon2_cost& cost) {
    return "m=" + std::to_string(cost.memory_kib) + ",t=" + std::to_string(cost.passes) + ",p=1";
}

std::string number_text(double value, int decimals) {
    std::array<char, 32> text{};
    std::snprintf(text.data(), text.size(), "%.*f", decimals, value);
    return text.data();
}

// What the hashes may take: time of one core each, and together the memory of the machine.
struct hash_room {
    double budget_ms = 0;
    unsigned threads = 1;
    std::optional<std::uint64_t> memory; // bytes; std::nullopt: not known
};

// The dearest to attack that there is room for: the most memory touched, then the most memory held.
const measured_cost* recommended(const std::vector<measured_cost>& all, const hash_room& room) {
    const measured_cost* best = nullptr;
    for (const measured_cost& m : all) {
        if (m.ms > room.budget_ms || app::is_cheap(m.cost) ||
            !hashes_fit(m.cost.memory_kib, room.threads, room.memory)) {
            continue;
        }
        if (best == nullptr || m.work() > best->work() ||
            (m.work() == best->work() && m.cost.memory_kib > best->cost.memory_kib)) {
            best = &m;
        }
    }
    return best;
}

struct calibration {
    unsigned budget_ms = 100;
    unsigned runs = 3;
    unsigned threads = std::max(1U, std::thread::hardware_concurrency()); // as --password-threads, where not given
};

void print_table(program& p, const std::vector<measured_cost>& all, const measured_cost* best) {
    table t;
    t.headings = {"COST", "MS", "MEMORY", "LOGINS/S PER CORE", ""};
    for (const measured_cost& m : all) {
        cell ms(number_text(m.ms, 1));
        cell memory(size_text(std::uint64_t{m.cost.memory_kib} * 1024));
        cell rate(number_text(ms_per_s / m.ms, 1));
        ms.right = memory.right = rate.right = true;
        t.rows.push_back({cell(option_text(m.cost), &m == best ? colour::bold : colour::none), ms, memory, rate,
                          cell(&m == best                ? "<- recommended"
                               : m.cost == argon2_cost{} ? "the default"
                                                         : "")});
    }
    p.out.print(t);
}

std::string advice(const measured_cost* best, const hash_room& room) {
    const std::string limits = number_text(room.budget_ms, 0) + " ms a login and " + std::to_string(room.threads) +
                               " hash threads (--password-threads)" +
                               (room.memory ? " in half of " + size_text(*room.memory) : "");
    if (best == nullptr) {
        return "No cost of at least OWASP's minimum fits in " + limits + "; the default is m=19456,t=2,p=1.";
    }
    return "For " + limits + ": --argon2 " + option_text(best->cost) +
           ". Each hash thread holds that memory while it hashes.";
}

int calibrate(program& p, const calibration& wanted) {
    app::hash_in_huge_pages(); // as the server's hash threads do
    storage::system_random random;
    std::vector<measured_cost> all;
    for (std::size_t i = 0; i < costs.size(); ++i) {
        p.out.progress("measuring", i, costs.size());
        try {
            all.push_back({costs.at(i), measure(costs.at(i), wanted.runs, random)});
        } catch (const std::bad_alloc&) {
            p.out.note("no memory for " + option_text(costs.at(i)));
            continue;
        }
        if (all.back().ms > 4 * wanted.budget_ms && costs.at(i).memory_kib > argon2_cost{}.memory_kib) {
            break; // what follows is dearer still
        }
    }
    p.out.finish_progress();
    const hash_room room{static_cast<double>(wanted.budget_ms), wanted.threads, found_memory()};
    const measured_cost* const best = recommended(all, room);
    if (p.out.json()) {
        boost::json::object document;
        document["budget_ms"] = wanted.budget_ms;
        document["threads"] = wanted.threads;
        document["memory_bytes"] = room.memory ? boost::json::value(*room.memory) : boost::json::value();
        boost::json::array rows;
        for (const measured_cost& m : all) {
            boost::json::object row;
            row["argon2"] = option_text(m.cost);
            row["cpu_us"] = static_cast<std::uint64_t>(m.ms * ms_per_s);
            row["memory_bytes"] = std::uint64_t{m.cost.memory_kib} * 1024;
            row["enough"] = !app::is_cheap(m.cost);
            rows.push_back(std::move(row));
        }
        document["costs"] = std::move(rows);
        document["recommended"] = best == nullptr ? boost::json::value() : boost::json::value(option_text(best->cost));
        print_json(p.out, document);
    } else {
        print_table(p, all, best);
        p.out.line(advice(best, room));
    }
    return best == nullptr ? exit_refused : 0;
}

int check_hash(program& p) {
    const secret_string hash = read_secret_line("the hash, then the password,");
    if (!parse_stored_hash(hash.reveal())) {
        throw tool_error(
            static_cast<int>(storage::exit_code::usage),
            "the first line is no hash that can be verified: Argon2 in PHC form, bcrypt, or one of passlib, "
            "Django, Werkzeug, Keycloak or Firebase, within the caps of docs/export-format.md");
    }
    const secret_string typed = read_secret_line("the password, after the hash,");
    const secret_string normal = normalize_password(typed.reveal());
    const std::string kind = app::describe_hash(hash.reveal());
    // As a login does: in NFC, then the bytes as they came.
    const bool matches = verify_password_blocking(normal, hash.reveal()) ||
                         (!normal.empty() && verify_password_blocking(typed, hash.reveal()));
    if (p.out.json()) {
        boost::json::object document;
        document["matches"] = matches;
        document["hash"] = kind;
        print_json(p.out, document);
    } else {
        p.out.line(matches ? p.out.shaded("matches", colour::green) + " (" + kind + ")"
                           : p.out.shaded("does not match", colour::red) + " (" + kind + ")");
    }
    return matches ? 0 : exit_refused;
}

} // namespace

void add_hash_command(CLI::App& parser, program& p) {
    CLI::App* const group = parser.add_subcommand("hash", "what Argon2 costs on this machine; check a hash");
    const auto wanted = std::make_shared<calibration>();
    group->add_option("--budget", wanted->budget_ms, "milliseconds of one core that a login may take")
        ->capture_default_str()
        ->check(CLI::Range(1, 60'000))
        ->type_name("MS");
    group->add_option("--runs", wanted->runs, "how often each cost is measured")
        ->capture_default_str()
        ->check(CLI::Range(1, 100))
        ->type_name("N");
    group
        ->add_option("--threads", wanted->threads,
                     "hash threads of the server, which share its memory; as many as there are cores where not given")
        ->check(CLI::Range(1, 256))
        ->type_name("N");
    group->final_callback([&p, wanted, group] {
        if (group->get_subcommands().empty()) {
            p.action = [&p, wanted] { return calibrate(p, *wanted); };
        }
    });
    CLI::App* const check = group->add_subcommand(
        "check", "whether a password is the one of a hash: both are lines of standard input, the hash first");
    check->callback([&p] { p.action = [&p] { return check_hash(p); }; });
}

} // namespace pawl::tools
