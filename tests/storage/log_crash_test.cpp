// Kills at every place: a power cut, or just an end, at a random operation of the disk, again and again on one store,
// its recoveries included. Acknowledged is kept, never-written never appears, and no healthy log is refused.
#include "tests/storage/log_fixture.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <iostream>
#include <thread>

using namespace pawl;
using namespace pawl::test;

namespace {

constexpr std::uint8_t keys_used = 6;

struct history {
    key_values acknowledged, issued;
    std::uint64_t acknowledged_lsn = 0, issued_lsn = 0;
};

// One process: opens, checks what it finds, works until the power goes or it is done.
void live(simulated_disk& disk, std::mt19937_64& random, history& h) {
    small_store store(disk);
    for (std::uint8_t k = 0; k < keys_used; ++k) {
        BOOST_REQUIRE_GE(store.state[k], h.acknowledged[k]);
        BOOST_REQUIRE_LE(store.state[k], h.issued[k]);
    }
    const std::uint64_t next_lsn = store.appender.at().next.lsn;
    BOOST_REQUIRE_GT(next_lsn, h.acknowledged_lsn);
    BOOST_REQUIRE_LE(next_lsn, h.issued_lsn + 1);
    // What was found has been written anew and synced: it is acknowledged from now on.
    h.acknowledged = h.issued = store.state;
    h.acknowledged_lsn = h.issued_lsn = next_lsn - 1;
    for (int steps = static_cast<int>(random() % 40); steps > 0; --steps) {
        switch (random() % 12) {
        case 0:
            store.commit();
            break;
        case 1:
            store.make_spare();
            break;
        case 2:
            store.snapshot(random() % 20000);
            break;
        default: {
            std::vector<small_store::change> changes;
            for (std::uint64_t n = random() % 4 + 1; n > 0; --n) {
                const auto key = static_cast<std::uint8_t>(random() % keys_used);
                changes.push_back({key, ++h.issued[key], random() % 900});
            }
            h.issued_lsn += changes.size();
            BOOST_REQUIRE(store.append(changes));
            h.acknowledged = store.state;
            h.acknowledged_lsn = h.issued_lsn;
        }
        }
    }
    if (random() % 2 == 0) {
        store.stop_cleanly();
    }
}

void run_seed(std::uint64_t seed) {
    std::mt19937_64 random{seed};
    const auto disk = std::make_shared<simulated_disk>();
    history h;
    for (int life = 0; life < 6; ++life) {
        std::uint64_t operations_left = random() % 3 == 0 ? UINT64_MAX : random() % 400;
        disk->set_faults([&](disk_operation op, const std::string&) {
            simulated_disk::fault f;
            if (operations_left-- == 0) {
                f.cut_power = true;
                f.written = op == disk_operation::write ? random() % 4096 : SIZE_MAX;
            }
            return f;
        });
        try {
            live(*disk, random, h);
        } catch (const power_cut&) {
        }
        disk->set_faults({});
        if (random() % 4 != 0) {
            disk->cut_power(random);
        } else {
            disk->cut_power(true); // the process was killed; the kernel wrote what it held
        }
    }
    live(*disk, random, h);
}

void run_seeds(std::uint64_t first, std::uint64_t step, std::uint64_t last) {
    for (std::uint64_t seed = first; seed <= last; seed += step) {
        BOOST_TEST_CONTEXT("seed " << seed) {
            try {
                run_seed(seed);
            } catch (const refused& r) {
                BOOST_FAIL("refused " << r.status() << ": " << r.what());
            }
        }
    }
}

// The same in a process of its own: Boost.Test knows no threads.
pid_t run_seeds_aside(std::uint64_t first, std::uint64_t step, std::uint64_t last) {
    std::cout.flush();
    const pid_t child = ::fork();
    if (child != 0) {
        return child;
    }
    int status = 1;
    try {
        run_seeds(first, step, last);
        status = 0;
    } catch (...) { // what failed has been said
    }
    std::cout.flush();
    ::_exit(status);
}

} // namespace

BOOST_AUTO_TEST_SUITE(log_crash)

BOOST_AUTO_TEST_CASE(every_power_cut_keeps_what_was_acknowledged) {
    const std::uint64_t seeds = 300 * test_scale();
    if (test_scale() == 1) {
        run_seeds(1, 1, seeds);
        return;
    }
    // A long run, by hand: on all cores.
    const unsigned cores = std::max(1U, std::thread::hardware_concurrency());
    std::vector<pid_t> children;
    for (unsigned core = 0; core < cores; ++core) {
        children.push_back(run_seeds_aside(core + 1, cores, seeds));
    }
    for (const pid_t child : children) {
        int status = -1;
        BOOST_TEST_REQUIRE(child > 0);
        BOOST_TEST(::waitpid(child, &status, 0) == child);
        BOOST_TEST(status == 0);
    }
}

BOOST_AUTO_TEST_SUITE_END()
