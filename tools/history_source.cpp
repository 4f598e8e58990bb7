#include "tools/history_source.hpp"

#include "app/config/values.hpp"
#include "core/text/rfc3339.hpp"
#include "storage/directory/key_file.hpp"
#include "storage/directory/log_directory.hpp"
#include "tools/settings.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <charconv>
#include <chrono>

namespace pawl::tools {

namespace {

constexpr int exit_usage = static_cast<int>(storage::exit_code::usage);

bool all_digits(std::string_view text) {
    return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

std::optional<std::uint64_t> number(std::string_view text) {
    std::uint64_t value = 0;
    const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), value);
    return all_digits(text) && ec == std::errc{} && end == text.data() + text.size() ? std::optional(value)
                                                                                     : std::nullopt;
}

[[noreturn]] void refuse(std::string_view option, std::string_view text, std::string_view rule) {
    throw tool_error(exit_usage, std::string(option) + " \"" + clean(text) + "\": " + std::string(rule));
}

std::unique_ptr<storage::directory_view> view_of(const std::string& path, const key_ring* keys,
                                                 storage::direct_reads direct) {
    storage::view_options options;
    options.path = path;
    options.log_key = keys == nullptr ? nullptr : &keys->log_key;
    options.direct = direct;
    return std::make_unique<storage::directory_view>(options);
}

} // namespace

history_source open_history(const global_options& global, need_keys keys, storage::direct_reads direct) {
    const app::config settings = load_settings(global);
    history_source out;
    out.path = settings.data_dir;
    if (!storage::log_directory::has_manifest(out.path)) {
        view_of(out.path, nullptr, direct); // says what is not there, before a key file is asked for
    }
    if (keys == need_keys::yes) {
        out.keys = read_keys(settings);
    }
    out.view = view_of(out.path, out.keys.get(), direct);
    return out;
}

history_source open_history_at(const global_options& global, const std::string& path) {
    global_options there = global;
    there.data_dir = path;
    struct stat st{};
    const std::string beside = path + "/keys.json";
    if (global.key_file.empty() && ::stat(beside.c_str(), &st) != 0) {
        there.key_file = load_settings(global).key_file; // of the configured directory: a copy has none of its own
    }
    return open_history(there, need_keys::yes);
}

timestamp_ms wall_now() {
    return std::chrono::time_point_cast<milliseconds>(std::chrono::system_clock::now());
}

timestamp_ms parse_time(std::string_view option, std::string_view text, timestamp_ms now) {
    if (text == "now") {
        return now;
    }
    if (text.starts_with('-')) {
        if (const auto back = app::parse_duration(text.substr(1))) {
            return now - *back;
        }
    } else if (const auto at = from_rfc3339(text)) {
        return *at;
    }
    refuse(option, text, "is no time: write 2026-11-22T05:30:00Z, -2h (s, m, h, d) or now");
}

storage::state_limit parse_point(std::string_view option, std::string_view text, timestamp_ms now) {
    storage::state_limit out;
    if (const auto lsn = number(text)) {
        out.lsn = lsn;
    } else {
        out.time = parse_time(option, text, now);
    }
    return out;
}

lsn_range parse_lsn_range(std::string_view option, std::string_view text) {
    lsn_range out;
    const std::size_t dots = text.find("..");
    const std::string_view from = text.substr(0, dots);
    const std::string_view to = dots == std::string_view::npos ? from : text.substr(dots + 2);
    const auto read = [&](std::string_view part, std::uint64_t& end) {
        const auto value = number(part);
        if (!value && (!part.empty() || dots == std::string_view::npos)) {
            refuse(option, text, "is no range of records: write 17, 17.., ..40 or 17..40");
        }
        end = value.value_or(end);
    };
    read(from, out.first);
    read(to, out.last);
    return out;
}

storage::read_progress bar_of(output& out, std::string what) {
    return [&out, what = std::move(what)](std::uint64_t done, std::uint64_t total) { out.progress(what, done, total); };
}

} // namespace pawl::tools
