// What is said of a client's session rests on its client's record, too: nothing is told before that is durable.
#include "tests/support/code_world.hpp"

#include <boost/test/unit_test.hpp>

#include <functional>
#include <string>

using namespace pawl;
using namespace pawl::test;

namespace {

struct waiting_world : code_world {
    waiting_world() : own(log_in("alice@example.org").value()), tokens(exchange(text_of(code())).value()) {
        who = signed_in(own);
    }
    // All sessions of the client end by one record, which is not durable yet.
    void raise_epoch() {
        edit_shop([](client& c) { c.raise_epoch(); });
        data.hold_durability();
        entities.rests = data.append_event({}); // the place of the record in the log
    }
    issued_tokens own, tokens;
    principal who;
};

template <class T>
task<result<void>> outcome_of(task<result<T>> work) {
    const result<T> answer = co_await std::move(work);
    if (!answer) {
        co_return answer.error();
    }
    co_return result<void>();
}

struct question {
    const char* name;
    std::function<task<result<void>>(waiting_world&)> ask;
    errc why{}; // none: it is answered
};

} // namespace

BOOST_AUTO_TEST_SUITE(client_durability)

BOOST_AUTO_TEST_CASE(what_a_clients_record_says_of_its_sessions_is_told_once_it_is_durable) {
    const auto refresh = [](waiting_world& w) {
        return outcome_of(w.refreshes.refresh(w.tokens.refresh_token, w.asking(), from_host(1)));
    };
    const auto userinfo = [](waiting_world& w) { return outcome_of(w.codes.userinfo(w.tokens.access_token)); };
    const auto list = [](waiting_world& w) { return outcome_of(w.sessions.list(w.who)); };
    const auto operators_list = [](waiting_world& w) { return outcome_of(w.admin.sessions_of(w.alice)); };
    const auto operators_look = [](waiting_world& w) { return outcome_of(w.admin.find_session(w.code().grant)); };
    const auto inspect = [](waiting_world& w) {
        return outcome_of(w.admin.inspect(secret_string(w.tokens.refresh_token.reveal())));
    };
    for (const question& q :
         {question{"a refresh", refresh, errc::session_revoked},
          question{"/userinfo", userinfo, errc::invalid_access_token}, question{"a list that leaves it out", list},
          question{"an operator's list", operators_list}, question{"an operator's look", operators_look},
          question{"an inspection", inspect}}) {
        BOOST_TEST_CONTEXT(q.name) {
            for (const bool fails : {false, true}) {
                waiting_world w;
                w.raise_epoch();
                running<result<void>> asked(q.ask(w));
                BOOST_TEST(!asked.answered());
                fails ? w.data.fail() : w.data.make_durable();
                const result<void> answer = asked.answer();
                const errc wanted = fails ? errc::storage_unavailable : q.why;
                BOOST_TEST(((answer ? errc{} : answer.error().code) == wanted));
            }
        }
    }
}

BOOST_FIXTURE_TEST_CASE(an_end_that_the_last_look_of_a_refresh_finds_is_waited_for, waiting_world) {
    data.hold_durability();
    running<result<refreshed>> asked(refreshes.refresh(tokens.refresh_token, asking(), from_host(1)));
    BOOST_TEST(!asked.answered());
    once_before(store_step::find_family, 0, [this] { raise_epoch(); });
    data.make_durable(); // the rotation is
    BOOST_TEST(!asked.answered());
    data.make_durable();
    BOOST_TEST((asked.answer().error().code == errc::session_revoked));
}

// Bound sessions hang on the browser's word as well.
BOOST_FIXTURE_TEST_CASE(a_sign_out_that_is_not_durable_is_waited_for_by_what_hung_on_it, waiting_world) {
    data.hold_durability();
    end(browser, family_status::signed_out);
    running<result<refreshed>> asked(refreshes.refresh(tokens.refresh_token, asking(), from_host(1)));
    running<result<std::vector<family_details>>> listed(sessions.list(who));
    BOOST_TEST((!asked.answered() && !listed.answered()));
    data.make_durable();
    BOOST_TEST((asked.answer().error().code == errc::session_revoked));
    BOOST_TEST(listed.answer()->size() == 1U); // her own
}

// What no client has to do with waits for none.
BOOST_FIXTURE_TEST_CASE(a_first_party_session_waits_for_no_client, waiting_world) {
    end(code().grant, family_status::logout);
    end(browser, family_status::logout);
    data.drop_family(code().grant);
    data.hold_durability();
    entities.rests = data.append_event({});
    running<result<family_details>> looked(admin.find_session(family_of(own)));
    BOOST_TEST(looked.answered());
}

BOOST_AUTO_TEST_SUITE_END()
