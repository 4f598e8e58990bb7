#include "app/page/account_words.hpp"

#include "core/text/rfc3339.hpp"

#include <utility>

namespace pawl::app {

namespace {

constexpr std::size_t agent_shown_max = 60;

struct mark_in_agent {
    std::string_view text, name;
};
// The first that is found counts: browsers name their ancestors, too.
constexpr mark_in_agent browsers[] = {
    {"Edg", "Edge"},         {"OPR/", "Opera"},     {"SamsungBrowser", "Samsung Internet"},
    {"Firefox/", "Firefox"}, {"FxiOS", "Firefox"},  {"HeadlessChrome/", "Chrome"},
    {"Chrome/", "Chrome"},   {"CriOS/", "Chrome"},  {"Safari/", "Safari"},
    {"curl/", "curl"},       {"okhttp/", "okhttp"},
};
constexpr mark_in_agent systems[] = {
    {"iPhone", "iPhone"},  {"iPad", "iPad"},     {"Android", "Android"}, {"Windows", "Windows"},
    {"Mac OS X", "macOS"}, {"CrOS", "ChromeOS"}, {"Linux", "Linux"},
};

std::string_view found_in(std::string_view agent, std::span<const mark_in_agent> marks) {
    for (const mark_in_agent& one : marks) {
        if (agent.find(one.text) != std::string_view::npos) {
            return one.name;
        }
    }
    return {};
}

std::string with(std::string text, std::string_view name, std::string_view value) {
    const auto at = text.find(name);
    return at == std::string::npos ? text : text.replace(at, name.size(), value);
}

} // namespace

std::string time_text(timestamp at, language tongue) {
    const std::string text = to_rfc3339(at); // 2026-11-21T23:44:00Z
    const std::string year = text.substr(0, 4), month = text.substr(5, 2), day = text.substr(8, 2);
    const std::string clock = text.substr(11, 5) + " UTC";
    return tongue == language::german ? day + "." + month + "." + year + ", " + clock
                                      : year + "-" + month + "-" + day + " " + clock;
}

std::string cut_text(std::string_view text, std::size_t size_max) {
    if (text.size() <= size_max) {
        return std::string(text);
    }
    std::size_t end = size_max;
    while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) { // in the middle of a character
        --end;
    }
    return std::string(text.substr(0, end));
}

std::string device_text(std::string_view agent, const page_texts& texts) {
    const std::string_view browser = found_in(agent, browsers), system = found_in(agent, systems);
    if (!browser.empty() && !system.empty()) {
        return with(with(std::string(texts.device_on.text), "{browser}", browser), "{system}", system);
    }
    if (!browser.empty() || !system.empty()) {
        return std::string(browser.empty() ? system : browser);
    }
    return agent.empty() ? std::string(texts.unknown_device.text) : cut_text(agent, agent_shown_max);
}

const said& text_of(const page_texts& texts, session_end why) {
    switch (why) {
    case session_end::token_came_back:
        return texts.end_came_back;
    case session_end::by_operator:
        return texts.end_operator;
    case session_end::gave_way:
        return texts.end_gave_way;
    case session_end::replaced:
        return texts.end_replaced;
    case session_end::expired:
        return texts.end_expired;
    case session_end::all_ended:
        return texts.end_all;
    case session_end::password_changed:
        return texts.end_password;
    case session_end::disabled:
        return texts.end_disabled;
    case session_end::restored:
        return texts.end_restored;
    case session_end::by_client:
        return texts.end_client;
    case session_end::withdrawn:
        return texts.end_withdrawn;
    case session_end::with_browser:
        return texts.end_browser;
    case session_end::signed_out:
    case session_end::none:
        break;
    }
    return texts.end_signed_out;
}

const said& text_of(const page_texts& texts, account_note note) {
    switch (note) {
    case account_note::link_sent:
        return texts.note_link_sent;
    case account_note::verification_sent:
        return texts.note_verification_sent;
    case account_note::password:
        return texts.note_password;
    case account_note::factor_added:
        return texts.note_factor_added;
    case account_note::factor_removed:
        return texts.note_factor_removed;
    case account_note::devices:
        return texts.note_devices;
    case account_note::session:
        return texts.note_session;
    case account_note::others:
        return texts.note_others;
    case account_note::withdrawn:
        return texts.note_withdrawn;
    case account_note::saved:
    case account_note::none:
        break;
    }
    return texts.note_saved;
}

} // namespace pawl::app
