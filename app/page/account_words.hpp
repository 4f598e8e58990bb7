// Words for what the pages of an account tell: times, devices, why a session ended.
#pragma once

#include "app/page/account_pages.hpp"
#include "app/page/texts.hpp"

#include <string>
#include <string_view>

namespace pawl::app {

// "2026-11-21 23:44 UTC", "21.11.2026, 23:44 UTC".
std::string time_text(timestamp at, language tongue);

// Browser and system of a User-Agent as far as it says them; its beginning where neither is known; a text of ours where
// it is empty. Not escaped.
std::string device_text(std::string_view agent, const page_texts& texts);

// At most so many bytes, cut between characters.
std::string cut_text(std::string_view text, std::size_t size_max);

const said& text_of(const page_texts& texts, session_end why); // none: of one that was signed out
const said& text_of(const page_texts& texts, account_note note);

} // namespace pawl::app
