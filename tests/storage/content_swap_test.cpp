// Contents that are swapped in place: from every state that a kill or a power cut can leave, the next start comes to
// the same end. The disk is a model here: what was changed since the last sync may be lost, each change by itself.
#include "storage/backup/content_swap.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <map>
#include <string>
#include <vector>

using namespace pawl::storage;

namespace {

using names = std::set<std::string>;

// A directory with what lies in it: the content of each file is whose it was.
struct model {
    std::map<std::string, std::string> here;
    std::optional<std::map<std::string, std::string>> incoming, aside;
    std::optional<swap_journal> journal;

    friend bool operator==(const model&, const model&) = default;
};

names names_of(const std::map<std::string, std::string>& files) {
    names out;
    for (const auto& [name, content] : files) {
        out.insert(name);
    }
    return out;
}

swap_sight look(const model& m) {
    swap_sight s;
    s.has_journal = m.journal.has_value();
    s.journal = m.journal;
    s.here = names_of(m.here);
    if (m.incoming) {
        s.incoming = names_of(*m.incoming);
    }
    if (m.aside) {
        s.aside = names_of(*m.aside);
    }
    return s;
}

bool is_sync(const swap_step& step) {
    return step.act == swap_act::sync_here || step.act == swap_act::sync_aside || step.act == swap_act::sync_incoming;
}

void move(std::map<std::string, std::string>& from, std::map<std::string, std::string>& to, const std::string& name) {
    BOOST_REQUIRE(from.contains(name));
    BOOST_REQUIRE(!to.contains(name)); // nothing is ever overwritten
    to[name] = from[name];
    from.erase(name);
}

void act(model& m, const swap_step& step) {
    switch (step.act) {
    case swap_act::make_aside:
        BOOST_REQUIRE(!m.aside);
        m.aside.emplace();
        break;
    case swap_act::move_out:
        BOOST_REQUIRE(m.aside.has_value());
        move(m.here, *m.aside, step.name);
        break;
    case swap_act::move_in:
        BOOST_REQUIRE(m.incoming.has_value());
        move(*m.incoming, m.here, step.name);
        break;
    case swap_act::begin_in:
        BOOST_REQUIRE(m.journal.has_value());
        m.journal->phase = swap_phase::in;
        m.here.erase(swap_journal_temporary); // written anew, and renamed
        break;
    case swap_act::remove_of_incoming:
        BOOST_REQUIRE(m.incoming->erase(step.name) == 1);
        break;
    case swap_act::remove_incoming:
        BOOST_REQUIRE(m.incoming->empty());
        m.incoming.reset();
        break;
    case swap_act::remove_temporary:
        BOOST_REQUIRE(m.here.erase(swap_journal_temporary) == 1);
        break;
    case swap_act::remove_journal:
        m.journal.reset();
        break;
    case swap_act::sync_here:
    case swap_act::sync_aside:
    case swap_act::sync_incoming:
        break;
    }
}

// Where a change may be lost by itself it can be left out, and those after it done. False where that can't be: it needs
// another one that was left out.
bool can_act(const model& m, const swap_step& step) {
    switch (step.act) {
    case swap_act::make_aside:
        return !m.aside;
    case swap_act::move_out:
        return m.aside && m.here.contains(step.name);
    case swap_act::move_in:
        return m.incoming && m.incoming->contains(step.name) && !m.here.contains(step.name);
    case swap_act::remove_of_incoming:
        return m.incoming && m.incoming->contains(step.name);
    case swap_act::remove_incoming:
        return m.incoming && m.incoming->empty();
    case swap_act::remove_temporary:
        return m.here.contains(swap_journal_temporary);
    case swap_act::begin_in:
    case swap_act::remove_journal:
        return m.journal.has_value();
    default:
        return true;
    }
}

void finish(model& m) {
    const swap_plan plan = plan_swap(look(m));
    BOOST_REQUIRE_MESSAGE(plan.end != swap_end::impossible, plan.why);
    for (const swap_step& step : plan.steps) {
        act(m, step);
    }
    BOOST_TEST((plan_swap(look(m)).end == swap_end::nothing));
}

model replaced() {
    model m;
    m.here = {{"MANIFEST.a", "old"}, {"wal-1", "old"}, {"keys.json", "old"}, {"LOCK", ""}, {"lost+found", ""}};
    m.incoming = {{"MANIFEST.a", "new"}, {"wal-7", "new"}, {"keys.json", "new"}, {"LOCK", "of the new one"}};
    m.journal = swap_journal{
        swap_phase::out, "replaced-1", {"MANIFEST.a", "wal-1", "keys.json"}, {"MANIFEST.a", "wal-7", "keys.json"}};
    return m;
}

model replaced_at_the_end() {
    model m;
    m.here = {{"MANIFEST.a", "new"}, {"wal-7", "new"}, {"keys.json", "new"}, {"LOCK", ""}, {"lost+found", ""}};
    m.aside = {{"MANIFEST.a", "old"}, {"wal-1", "old"}, {"keys.json", "old"}};
    return m;
}

model filled() {
    model m;
    m.here = {{"lost+found", ""}};
    m.incoming = {{"MANIFEST.a", "new"}, {"wal-7", "new"}};
    m.journal = swap_journal{swap_phase::out, "", {}, {"MANIFEST.a", "wal-7"}};
    return m;
}

model filled_at_the_end() {
    model m;
    m.here = {{"MANIFEST.a", "new"}, {"wal-7", "new"}, {"lost+found", ""}};
    return m;
}

struct swap_case {
    model begin, end;
};
std::vector<swap_case> cases() {
    std::vector<swap_case> out{{replaced(), replaced_at_the_end()}, {filled(), filled_at_the_end()}};
    for (std::size_t i = 0; i < 2; ++i) { // killed while the journal was written a second time
        out.push_back(out[i]);
        out.back().begin.here[swap_journal_temporary] = "half of a journal";
    }
    return out;
}

} // namespace

BOOST_AUTO_TEST_SUITE(content_swap)

BOOST_AUTO_TEST_CASE(what_was_there_is_aside_and_what_came_in_is_there) {
    for (const swap_case& c : cases()) {
        model m = c.begin;
        finish(m);
        BOOST_TEST((m == c.end));
    }
}

BOOST_AUTO_TEST_CASE(killed_after_any_step_it_is_finished_and_killed_again_while_that_is_done_too) {
    for (const swap_case& c : cases()) {
        const swap_plan plan = plan_swap(look(c.begin));
        for (std::size_t done = 0; done <= plan.steps.size(); ++done) {
            model m = c.begin;
            for (std::size_t i = 0; i < done; ++i) {
                act(m, plan.steps[i]);
            }
            const swap_plan rest = plan_swap(look(m));
            for (std::size_t more = 0; more <= rest.steps.size(); ++more) {
                model again = m;
                for (std::size_t i = 0; i < more; ++i) {
                    act(again, rest.steps[i]);
                }
                finish(again);
                BOOST_TEST((again == c.end), "killed after " << done << " steps, then after " << more);
            }
        }
    }
}

BOOST_AUTO_TEST_CASE(a_power_cut_loses_any_of_the_changes_since_the_last_sync_and_it_is_finished) {
    for (const swap_case& c : cases()) {
        const swap_plan plan = plan_swap(look(c.begin));
        // The steps between two groups of syncs, each subset of them, in their order.
        for (std::size_t first = 0; first < plan.steps.size();) {
            std::size_t end = first;
            while (end < plan.steps.size() && !is_sync(plan.steps[end]) && plan.steps[end].act != swap_act::begin_in) {
                ++end;
            }
            model synced = c.begin;
            for (std::size_t i = 0; i < first; ++i) {
                act(synced, plan.steps[i]);
            }
            BOOST_REQUIRE(end - first < 12);
            for (unsigned kept = 0; kept < 1U << (end - first); ++kept) {
                model m = synced;
                for (std::size_t i = first; i < end; ++i) {
                    if ((kept >> (i - first) & 1U) != 0 && can_act(m, plan.steps[i])) {
                        act(m, plan.steps[i]);
                    }
                }
                finish(m);
                BOOST_TEST((m == c.end), "of the steps from " << first << " on " << kept << " were kept");
            }
            first = end + 1;
        }
    }
}

BOOST_AUTO_TEST_CASE(nothing_is_moved_before_all_that_goes_out_is_out_durably) {
    const swap_plan plan = plan_swap(look(replaced()));
    const auto at = [&](swap_act what) {
        return std::find_if(plan.steps.begin(), plan.steps.end(), [&](const swap_step& s) { return s.act == what; }) -
               plan.steps.begin();
    };
    BOOST_TEST(at(swap_act::move_out) < at(swap_act::sync_aside));
    BOOST_TEST(at(swap_act::sync_aside) < at(swap_act::begin_in));
    BOOST_TEST(at(swap_act::begin_in) < at(swap_act::move_in));
    BOOST_TEST(at(swap_act::move_in) < at(swap_act::sync_incoming));
    BOOST_TEST(at(swap_act::sync_incoming) < at(swap_act::remove_journal));
    BOOST_TEST((plan.steps.back().act == swap_act::sync_here));
}

BOOST_AUTO_TEST_CASE(without_a_journal_what_was_made_goes_and_what_is_there_stays) {
    model m = replaced();
    m.journal.reset();
    m.here[swap_journal_temporary] = "half of a journal";
    const swap_plan plan = plan_swap(look(m));
    BOOST_TEST((plan.end == swap_end::taken_back));
    for (std::size_t done = 0; done <= plan.steps.size(); ++done) {
        model killed = m;
        for (std::size_t i = 0; i < done; ++i) {
            act(killed, plan.steps[i]);
        }
        finish(killed);
        model expected = replaced();
        expected.journal.reset();
        expected.incoming.reset();
        BOOST_TEST((killed == expected));
    }
}

BOOST_AUTO_TEST_CASE(a_directory_without_a_swap_is_left_alone) {
    model m = replaced_at_the_end();
    const swap_plan plan = plan_swap(look(m));
    BOOST_TEST((plan.end == swap_end::nothing));
    BOOST_TEST(plan.steps.empty());
}

// Every way in which two files can lie about, in both phases: it is finished, or nothing is done and a sentence says
// why; no file is ever lost.
BOOST_AUTO_TEST_CASE(over_all_states_nothing_is_overwritten_and_nothing_is_lost) {
    constexpr unsigned places = 3, files = 2; // here, incoming, aside
    unsigned finished = 0, refused = 0;
    for (unsigned state = 0; state < 1U << (places * files + 4); ++state) {
        const auto bit = [state](unsigned n) { return (state >> n & 1U) != 0; };
        model m;
        m.journal = swap_journal{bit(6) ? swap_phase::in : swap_phase::out, "replaced-1", {"a", "b"}, {"a"}};
        if (bit(7)) {
            m.journal->in.emplace_back("b");
        }
        m.incoming.emplace();
        m.aside.emplace();
        std::size_t there = 0;
        for (unsigned i = 0; i < files; ++i) {
            const std::string name(1, static_cast<char>('a' + i));
            for (auto* const place : {&m.here, &*m.incoming, &*m.aside}) {
                if (bit(static_cast<unsigned>(there++))) {
                    (*place)[name] = std::to_string(there);
                }
            }
        }
        if (bit(8) && m.aside->empty()) {
            m.aside.reset();
        }
        if (bit(9) && m.incoming->empty()) {
            m.incoming.reset();
        }
        const swap_plan plan = plan_swap(look(m));
        if (plan.end == swap_end::impossible) {
            BOOST_TEST(plan.steps.empty());
            BOOST_TEST(!plan.why.empty());
            ++refused;
            continue;
        }
        ++finished;
        const names before_in = m.incoming ? names_of(*m.incoming) : names{};
        const auto here_before = m.here;
        for (const swap_step& step : plan.steps) {
            act(m, step);
        }
        for (const std::string& name : names{"a", "b"}) {
            const bool comes_in = std::ranges::find(plan.steps, swap_step{swap_act::move_in, name}) != plan.steps.end();
            const bool goes_out =
                std::ranges::find(plan.steps, swap_step{swap_act::move_out, name}) != plan.steps.end();
            BOOST_TEST((!comes_in || before_in.contains(name)));
            BOOST_TEST((!goes_out || m.aside->at(name) == here_before.at(name)));
        }
        BOOST_TEST(!m.journal.has_value());
        BOOST_TEST(!m.incoming.has_value());
        BOOST_TEST(m.here.contains("a"));
    }
    BOOST_TEST(finished > 0U);
    BOOST_TEST(refused > 0U);
}

BOOST_AUTO_TEST_CASE(a_journal_that_is_damaged_moves_nothing) {
    swap_sight s = look(replaced());
    s.journal.reset();
    const swap_plan plan = plan_swap(s);
    BOOST_TEST((plan.end == swap_end::impossible));
    BOOST_TEST(plan.steps.empty());
}

BOOST_AUTO_TEST_CASE(a_journal_reads_back_as_it_was_written_whatever_the_names) {
    std::string odd;
    for (int c = 1; c < 256; ++c) {
        odd += c == '/' ? std::string() : std::string(1, static_cast<char>(c));
    }
    for (const swap_phase phase : {swap_phase::out, swap_phase::in}) {
        const swap_journal j{phase, "replaced-12", {"keys.json", odd, "a\nin b", "%41"}, {"MANIFEST.a", " "}};
        BOOST_TEST((decode_swap_journal(encode_swap_journal(j)) == j));
    }
    const swap_journal empty{swap_phase::out, "", {}, {}};
    BOOST_TEST((decode_swap_journal(encode_swap_journal(empty)) == empty));
}

BOOST_AUTO_TEST_CASE(a_journal_with_any_byte_changed_or_cut_is_none) {
    const std::string text = encode_swap_journal(*replaced().journal);
    for (std::size_t i = 0; i < text.size(); ++i) {
        std::string changed = text;
        changed[i] = static_cast<char>(changed[i] ^ 1);
        BOOST_TEST(!decode_swap_journal(changed).has_value());
        BOOST_TEST(!decode_swap_journal(text.substr(0, i)).has_value());
    }
    BOOST_TEST(!decode_swap_journal(text + "\n").has_value());
}

BOOST_AUTO_TEST_CASE(a_journal_names_no_entry_that_stays_and_none_elsewhere) {
    const auto reads = [](const std::string& name) {
        return decode_swap_journal(encode_swap_journal({swap_phase::out, "replaced-1", {name}, {}})).has_value();
    };
    BOOST_TEST(reads("wal-1"));
    for (const char* const name :
         {"", ".", "..", "a/b", "../a", "LOCK", "SWAP", "SWAP.tmp", "incoming.partial", "replaced-3"}) {
        BOOST_TEST(!reads(name), name);
    }
    BOOST_TEST(!reads(std::string("a\0b", 3)));
    BOOST_TEST(!reads(std::string(256, 'a')));
    const auto aside = [](const std::string& name) {
        return decode_swap_journal(encode_swap_journal({swap_phase::out, name, {"a"}, {}})).has_value();
    };
    for (const char* const name : {"", "..", "/tmp", "replaced-0", "replaced-01", "replaced-10000", "other"}) {
        BOOST_TEST(!aside(name), name);
    }
    BOOST_TEST(!decode_swap_journal(encode_swap_journal({swap_phase::out, "replaced-1", {"a", "a"}, {}})).has_value());
}

BOOST_AUTO_TEST_CASE(lost_and_found_stays_at_the_root_of_a_mount_alone) {
    BOOST_TEST(stays_in_swap("lost+found", {.is_mount_root = true}));
    BOOST_TEST(!stays_in_swap("lost+found", {}));
    BOOST_TEST(stays_in_swap("replaced-17", {}));
    BOOST_TEST(!stays_in_swap("replaced-x", {}));
    BOOST_TEST(!stays_in_swap("keys.json", {.is_mount_root = true}));
}

BOOST_AUTO_TEST_CASE(names_are_changed_where_they_can_be) {
    for (unsigned state = 0; state < 16; ++state) {
        const place_facts f{.exists = (state & 1U) != 0,
                            .is_mount_point = (state & 2U) != 0,
                            .parent_is_writable = (state & 4U) != 0,
                            .name_is_held = (state & 8U) != 0};
        const bool within = f.exists && (f.is_mount_point || !f.parent_is_writable || f.name_is_held);
        BOOST_TEST((way_to_place(f) == (within ? place_way::within : place_way::beside)));
    }
}

BOOST_AUTO_TEST_SUITE_END()
