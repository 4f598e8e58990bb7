// What the pages of an account are built of. Internal to app/page.
#pragma once

#include "app/page/account_pages.hpp"
#include "app/page/filling.hpp"

#include <string>
#include <string_view>

namespace pawl::app {

// Where a page and its forms are filled for.
struct account_part {
    const page_look& look;
    const page_texts& texts;
    const account_frame& frame;

    account_part(const page_look& l, const account_frame& f) : look(l), texts(texts_of(l)), frame(f) {}

    std::string text(const said& sentence, page_values all = {}) const { return filled_text(sentence, all); }
    std::string action() const; // of this page's forms
    // ` aria-invalid=".." aria-describedby=".."` where the problem is about this field of this form.
    std::string tied(std::string_view form, std::string_view field) const;
    std::string problem(std::string_view form) const; // its sentence, in the form that it is about

    std::string section(const said& heading, std::string content) const;
    // One button, and the fields before it. `is_second`: it is not what the page is for.
    struct form_of {
        std::string_view act, id;
        const said& button;
        std::string fields;
        bool is_second = false;
        std::string spoken; // the button's name for who does not see what is around it; empty: as it is written
    };
    std::string form(const form_of& f) const;
    struct field_of {
        std::string_view form, name, type;
        const said& label;
        std::string value; // not escaped; of a password: none
        std::string_view autocomplete;
        bool required = false;
    };
    std::string field(const field_of& f) const;
    static std::string hidden(std::string_view name, std::string_view value);
    std::string paragraph(std::string html, bool is_soft = false) const;
    std::string time(timestamp at) const; // HTML
    // The way through a list of several pages; nothing where there is one. `kept`: what else the query has, "ended=2".
    struct pages_of {
        std::string_view parameter;
        const said& heading; // of the list
        const list_page& at;
        std::string kept;
    };
    std::string pages(const pages_of& list) const;

    http_response page(const said& title, std::string content) const;
};

} // namespace pawl::app
