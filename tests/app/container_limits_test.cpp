#include "app/config/container_limits.hpp"

#include <boost/test/unit_test.hpp>

#include <map>
#include <utility>
#include <vector>

using namespace pawl::app;

namespace {

// The files of a system.
container_limits limits_of(std::map<std::string, std::string> files) {
    return read_container_limits([files = std::move(files)](const std::string& path) -> std::optional<std::string> {
        const auto found = files.find(path);
        return found == files.end() ? std::nullopt : std::optional(found->second);
    });
}

constexpr std::uint64_t mib = 1024 * 1024;

} // namespace

BOOST_AUTO_TEST_SUITE(container_limits_test)

BOOST_AUTO_TEST_CASE(a_quota_of_cores_is_rounded_up) {
    const std::vector<std::pair<std::string, std::optional<unsigned>>> rows{
        {"max 100000\n", std::nullopt},
        {"100000 100000\n", 1},
        {"50000 100000\n", 1},
        {"1 1000000\n", 1},
        {"150000 100000", 2},
        {"400000 100000\n", 4},
        {"18446744073709551615 1", ~0U},
        {"", std::nullopt},
        {"100000", std::nullopt},
        {"0 100000", std::nullopt},
        {"100000 0", std::nullopt},
        {"-1 100000", std::nullopt},
        {"99999999999999999999 100000", std::nullopt},
        {"100000 100000 1", std::nullopt},
    };
    for (const auto& [text, cores] : rows) {
        BOOST_TEST_CONTEXT(text) {
            BOOST_CHECK(cores_of_cpu_max(text) == cores);
        }
    }
    BOOST_CHECK(cores_of_cfs("-1\n", "100000\n") == std::nullopt);
    BOOST_CHECK(cores_of_cfs("250000\n", "100000\n") == 3U);
    BOOST_CHECK(cores_of_cfs("", "") == std::nullopt);
}

BOOST_AUTO_TEST_CASE(a_limit_of_memory_is_bytes) {
    BOOST_CHECK(bytes_of_memory_max("268435456\n") == 256 * mib);
    for (const char* text : {"max\n", "", "\n", "0\n", "-1", "256M", "9223372036854771712\n", "99999999999999999999"}) {
        BOOST_CHECK_MESSAGE(!bytes_of_memory_max(text), text);
    }
}

BOOST_AUTO_TEST_CASE(the_own_cgroup_is_found_among_the_lines) {
    const std::string both = "12:cpu,cpuacct:/kube/a\n4:memory:/kube/b\n1:name=systemd:/x\n0::/unified\n";
    BOOST_TEST(cgroup_path(both, "") == "/unified");
    BOOST_TEST(cgroup_path(both, "memory") == "/kube/b");
    BOOST_TEST(cgroup_path(both, "cpu") == "/kube/a");
    BOOST_TEST(cgroup_path(both, "cpuacct") == "/kube/a");
    BOOST_TEST(cgroup_path(both, "pids").empty());
    BOOST_TEST(cgroup_path("0::/", "") == "/");
    for (const char* text : {"", "\n", "0", "0:", "0::", "0::x", ":::", "memory"}) {
        BOOST_TEST(cgroup_path(text, "").empty(), text);
        BOOST_TEST(cgroup_path(text, "memory").empty(), text);
    }
}

BOOST_AUTO_TEST_CASE(inside_a_container_the_limits_are_at_the_mount) {
    const container_limits found = limits_of({{"/proc/self/cgroup", "0::/\n"},
                                              {"/sys/fs/cgroup/cpu.max", "200000 100000\n"},
                                              {"/sys/fs/cgroup/memory.max", "268435456\n"}});
    BOOST_CHECK(found == (container_limits{2, 256 * mib}));
}

BOOST_AUTO_TEST_CASE(the_tightest_of_the_own_cgroup_and_those_above_counts) {
    const container_limits found = limits_of({{"/proc/self/cgroup", "0::/system.slice/pawl.service\n"},
                                              {"/sys/fs/cgroup/system.slice/pawl.service/cpu.max", "max 100000\n"},
                                              {"/sys/fs/cgroup/system.slice/pawl.service/memory.max", "536870912\n"},
                                              {"/sys/fs/cgroup/system.slice/cpu.max", "300000 100000\n"},
                                              {"/sys/fs/cgroup/system.slice/memory.max", "268435456\n"}});
    BOOST_CHECK(found == (container_limits{3, 256 * mib}));
}

BOOST_AUTO_TEST_CASE(version_1_is_read_where_its_controllers_are) {
    const container_limits found = limits_of({{"/proc/self/cgroup", "4:memory:/pod/x\n2:cpu,cpuacct:/pod/x\n0::/\n"},
                                              {"/sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n"},
                                              {"/sys/fs/cgroup/memory/pod/x/memory.limit_in_bytes", "134217728\n"},
                                              {"/sys/fs/cgroup/cpu,cpuacct/pod/x/cpu.cfs_quota_us", "50000\n"},
                                              {"/sys/fs/cgroup/cpu,cpuacct/pod/x/cpu.cfs_period_us", "100000\n"}});
    BOOST_CHECK(found == (container_limits{1, 128 * mib}));
}

BOOST_AUTO_TEST_CASE(where_nothing_is_said_nothing_is_limited) {
    BOOST_TEST(!limits_of({}).any());
    BOOST_TEST(!limits_of({{"/proc/self/cgroup", "0::/\n"}, {"/sys/fs/cgroup/memory.max", "max\n"}}).any());
}

BOOST_AUTO_TEST_SUITE_END()
