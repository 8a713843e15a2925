"""The thirty faults Lucy has to stand, what standing each of them means, and the tests that show it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

_FAULTS, _SLACK, _COSTS, _DB = "tests/faults/test_", "tests/slack/test_", "tests/costs/test_", "tests/db/test_"
_ROUTER = "tests/routing/test_router"


@dataclass(frozen=True, slots=True)
class Fault:
    """What goes wrong, what holds all the same, and the node ids (without parameters) of the tests that show it."""

    number: int
    name: str
    holds: str
    shown_by: Sequence[str]


FAULTS: Sequence[Fault] = (
    Fault(1, "kill -9 at each step of an answer", "one answer, inbox done, every request has its row", (
        f"{_FAULTS}kill.py::test_wherever_she_is_killed_the_next_lucy_finishes_what_the_last_one_left",
        f"{_FAULTS}kill.py::test_wherever_she_is_killed_while_she_streams_the_next_lucy_finishes_the_message",
        f"{_FAULTS}kill.py::test_a_post_of_the_dead_that_arrives_within_the_settle_time_is_waited_for",
    )),
    Fault(2, "kills at random times under load, three replicas", "nothing lost, said twice or billed wrong", (
        f"{_FAULTS}siege.py::test_three_lucys_under_blows_lose_nothing_say_nothing_twice_and_are_billed_right",
    )),
    Fault(3, "killed between the commit and the HTTP answer", "Slack repeats; one row, one answer", (
        f"{_FAULTS}kill.py::test_a_delivery_that_was_stored_and_never_acknowledged_comes_again_and_is_one_ask",
    )),
    Fault(4, "the database stands still, or refuses connections", "500 within 2 s; all answered once; healed in 10 s", (
        f"{_FAULTS}database_away.py::test_while_the_database_is_away_slack_hears_500_in_time_and_then_everything_is_answered_once",
        f"{_SLACK}ingest.py::test_without_a_database_slack_is_told_500_in_time_and_sends_again",
    )),
    Fault(5, "the database is away for long", "nothing acknowledged unsaved; what was paid for is spooled; not ready", (
        f"{_FAULTS}database_away.py::test_while_the_database_is_away_slack_hears_500_in_time_and_then_everything_is_answered_once",
        f"{_COSTS}spool.py::test_a_database_that_goes_away_during_a_call_hears_of_it_when_it_is_back",
        f"{_COSTS}spool.py::test_what_a_killed_lucy_paid_is_settled_by_the_next_one",
        f"{_COSTS}spool.py::test_no_call_is_opened_before_what_is_owed_is_written_down",
        f"{_SLACK}doors.py::test_health_says_what_is_missing",
    )),
    Fault(6, "kill -9 of the embedded database", "back by itself within 30 s, no row missing", (
        f"{_DB}local_postgres.py::test_a_killed_server_comes_back_by_itself_with_its_rows",
        f"{_DB}local_postgres_faults.py::test_two_lucys_of_one_folder_one_killed_and_the_other_goes_on_and_stops_the_server",
    )),
    Fault(7, "a provider answers 429, 500 or 529", "the next one answers; every attempt is a row", (
        f"{_ROUTER}.py::test_a_fault_of_theirs_goes_to_the_next_candidate_at_once",
        f"{_ROUTER}_breakers.py::test_a_429_opens_the_breaker_until_retry_after",
        f"{_ROUTER}_invoice.py::test_the_rows_are_the_invoice",
    )),
    Fault(8, "a provider hangs, or drips", "limits fire; fallback or an honest part; nothing is left running", (
        "tests/llm/test_streamed.py::test_a_silence_that_is_too_long_hangs_up",
        "tests/llm/test_streamed.py::test_a_stream_that_never_falls_silent_ends_at_its_time",
        f"{_ROUTER}.py::test_the_deadline_is_for_the_whole_call_and_an_attempt_gets_half_of_what_is_left",
        f"{_ROUTER}_invoice.py::test_a_vendor_that_gives_no_answer_is_replaced_by_another",
    )),
    Fault(9, "a provider answers garbage", "no traceback in Slack; the cost is marked as estimated", (
        "tests/llm/test_faults.py::test_an_answer_nobody_can_read_may_be_billed",
        f"{_ROUTER}_streams.py::test_what_was_seen_of_a_broken_stream_is_counted_and_says_so",
        f"{_ROUTER}_invoice.py::test_the_rows_are_the_invoice_when_answers_are_streamed",
        "tests/routing/test_providers_word.py::test_a_usage_that_cannot_be_true_is_never_booked_in_silence",
    )),
    Fault(10, "all providers are down", "one calm sentence with a reference, never silence", (
        "tests/test_main_job.py::test_every_provider_down_is_one_calm_sentence_with_a_reference",
        f"{_ROUTER}.py::test_everything_down_is_one_calm_sentence",
    )),
    Fault(11, "the same event again, at once and later, at two replicas, with its twin", "one row, one answer", (
        f"{_FAULTS}replicas.py::test_the_same_event_at_two_replicas_at_once_and_again_later_is_one_ask",
        "tests/test_main_job.py::test_the_same_event_three_times_and_its_twin_are_one_ask",
        f"{_SLACK}ingest.py::test_twins_and_repeats_are_one_ask_whatever_the_retry_header_says",
    )),
    Fault(12, "events out of order, edits, repeats after the end", "thread order; what is done stays done", (
        "tests/test_recovery.py::test_a_thread_is_worked_on_one_ask_at_a_time_in_the_order_of_its_messages",
        f"{_SLACK}events.py::test_what_nobody_wants_answered_is_no_ask",
        f"{_FAULTS}replicas.py::test_the_same_event_at_two_replicas_at_once_and_again_later_is_one_ask",
    )),
    Fault(13, "fifty mentions in one thread, hundreds in one workspace", "one at a time; neighbours get their turn", (
        f"{_FAULTS}replicas.py::test_fifty_mentions_in_one_thread_are_answered_in_order_by_three_lucys",
        f"{_DB}turns.py::test_workspaces_take_turns_however_much_one_of_them_has_waiting",
        f"{_DB}turns.py::test_a_workspace_that_has_its_share_leaves_the_other_places_to_its_neighbours",
        f"{_SLACK}crowds.py::test_a_colleague_and_a_neighbour_of_who_asks_too_much_are_taken",
    )),
    Fault(14, "clocks an hour off, clock changes, a leap day", "one digest per local day; leases go by the database's clock", (
        f"{_FAULTS}wrong_clock.py::test_with_clocks_an_hour_off_no_ask_is_taken_early_left_waiting_or_answered_twice",
        f"{_FAULTS}wrong_clock.py::test_a_digest_is_due_when_the_databases_clock_says_so",
        f"{_FAULTS}digest_crowd.py::test_replicas_whose_clocks_are_an_hour_off_post_each_local_day_once",
        "tests/digests/test_spans.py::test_yesterday_is_due_once_its_hour_has_come",
        f"{_COSTS}budgets.py::test_the_day_of_a_clock_change_is_as_long_as_it_is",
    )),
    Fault(15, "five replicas and a digest, one killed after its post", "one message per workspace and day", (
        f"{_FAULTS}digest_crowd.py::test_a_replica_killed_between_its_post_and_its_commit_leaves_one_digest",
        "tests/digests/test_run.py::test_many_replicas_and_ticks_post_it_once",
    )),
    Fault(16, "the disk is full", "500 to Slack; resumes by itself; logs go to stderr, so there is no folder of them to fill", (
        "tests/test_disk_full.py::test_a_full_disk_means_500_and_both_asks_are_answered_once_when_there_is_room_again",
        "tests/test_disk_full.py::test_a_disk_that_is_full_at_the_start_is_told_in_one_line",
        f"{_COSTS}spool.py::test_without_a_place_to_write_the_outcome_waits_in_memory",
    )),
    Fault(17, "an ask that kills its workers", "dead after five tries, with one notice; others flow", (
        "tests/test_recovery.py::test_an_ask_that_kills_its_workers_is_declared_dead_with_one_honest_message",
        "tests/commands/test_inbox.py::test_a_dead_ask_begins_anew_as_a_task_that_no_old_answer_belongs_to",
    )),
    Fault(18, "too large, too deep, NUL, lone surrogates", "413, a bounded text, or a clear refusal", (
        f"{_SLACK}doors.py::test_what_slack_never_sends_is_clearly_refused",
        f"{_SLACK}events.py::test_a_text_is_bounded_and_free_of_nul_and_lone_surrogates",
        f"{_SLACK}events.py::test_no_shape_of_json_makes_it_crash",
        "tests/test_main_job.py::test_forged_and_stale_signatures_are_refused_and_a_huge_body_too",
        "tests/test_main_job.py::test_a_long_answer_comes_in_parts_that_slack_takes",
    )),
    Fault(19, "forged, stale or replayed requests", "401; a replay is no second ask", (
        "tests/test_main_job.py::test_forged_and_stale_signatures_are_refused_and_a_huge_body_too",
        f"{_SLACK}ingest.py::test_twins_and_repeats_are_one_ask_whatever_the_retry_header_says",
    )),
    Fault(20, "one tenant's ids at another's door", "nothing leaves; every query has its workspace", (
        "tests/test_two_tenants.py::test_an_event_that_names_the_others_team_channel_and_thread_belongs_to_its_authorization",
        "tests/test_two_tenants.py::test_the_same_words_are_no_cached_answer_of_the_others",
        "tests/test_two_tenants.py::test_a_form_of_the_command_shows_ones_own_and_nothing_of_the_others",
        f"{_DB}tenancy.py::test_a_neighbour_reads_nothing",
        f"{_DB}tenancy.py::test_a_query_without_any_filter_sees_ones_own",
    )),
    Fault(21, "bots, edits, deletions, Slack Connect", "no loops; the right workspace pays", (
        "tests/test_main_job.py::test_other_teams_bots_and_own_messages_are_acknowledged_and_ignored",
        f"{_SLACK}events.py::test_a_mention_belongs_to_the_workspace_that_authorised_it_never_to_the_events_team",
        f"{_SLACK}stops.py::test_a_deleted_question_has_no_answer",
    )),
    Fault(22, "uninstalled in the middle of an answer", "it ends quietly; no storm of tries", (
        "tests/test_giving_up.py::test_what_waits_in_a_workspace_that_left_ends_quietly_without_a_model",
        f"{_SLACK}install.py::test_a_team_that_leaves_is_forgotten_and_may_come_back",
        f"{_SLACK}ingest.py::test_only_losing_the_bots_own_token_ends_a_workspace_and_does_before_slack_is_answered",
    )),
    Fault(23, "Slack limits, fails, or loses its answer", "Retry-After is obeyed; one message; a stream gives way to a post", (
        f"{_SLACK}deliver.py::test_a_lost_answer_of_slack_is_looked_up_and_adopted",
        f"{_SLACK}limits.py::test_what_slack_asks_one_replica_to_wait_every_replica_waits",
        f"{_SLACK}streams.py::test_where_the_workspace_has_no_room_for_a_stream_the_answer_is_one_post",
        f"{_SLACK}streams.py::test_a_lost_answer_of_slack_doubles_nothing",
        "tests/test_giving_up.py::test_an_outage_of_slack_delays_an_answer_and_makes_no_second_one",
    )),
    Fault(24, "a stream expires, or is left open by a kill", "the whole text stands there; no mark of an error", (
        f"{_SLACK}streams.py::test_a_stream_that_slack_has_ended_goes_on_by_updates",
        f"{_SLACK}lost_streams.py::test_another_answer_takes_the_place_of_half_an_answer",
        f"{_FAULTS}kill.py::test_wherever_she_is_killed_while_she_streams_the_next_lucy_finishes_the_message",
    )),
    Fault(25, "sockets refreshed, refused, or dead and open", "a new one hears; nothing lost", (
        f"{_SLACK}doors.py::test_sockets_that_hear_nothing_any_more_are_replaced_even_if_the_sdk_sleeps_over_it",
        f"{_SLACK}doors.py::test_while_one_socket_is_refreshed_the_other_hears",
        f"{_SLACK}doors.py::test_sockets_are_opened_once_slack_is_back",
    )),
    Fault(26, "SIGTERM under load, a rolling deploy", "exit 0 within 30 s; nothing lost or said twice", (
        f"{_FAULTS}stop.py::test_told_to_stop_under_load_she_ends_in_time_and_what_she_acknowledged_is_answered_once",
        f"{_FAULTS}replicas.py::test_a_rolling_deploy_under_load_loses_and_doubles_nothing",
    )),
    Fault(27, "a newer Lucy migrates while an older one runs; a step back", "both answer; no long lock on the inbox", (
        f"{_FAULTS}upgrade.py::test_a_newer_lucy_migrates_beside_an_older_one_and_a_step_back_stops_neither",
        f"{_DB}migrate.py::test_an_older_lucy_serves_a_database_that_a_newer_one_expanded",
        f"{_DB}migrate.py::test_a_held_table_ends_the_migration_in_time_and_nothing_is_changed",
    )),
    Fault(28, "a worker stands still past its lease", "its writes are refused, its words are not sent; one answer", (
        f"{_FAULTS}freeze.py::test_an_answer_that_comes_to_a_worker_without_a_lease_is_paid_for_and_not_said",
        f"{_FAULTS}freeze.py::test_a_worker_that_waits_for_slacks_leave_to_post_loses_its_right_meanwhile",
        f"{_SLACK}standstill.py::test_an_answer_that_another_posted_meanwhile_is_not_posted",
        f"{_SLACK}standstill.py::test_a_call_that_stands_still_on_its_way_out_asks_for_leave_again",
    )),
    Fault(29, "many calls race for the last of a budget", "no cap is overshot", (
        f"{_COSTS}budget_crowd.py::test_of_two_hundred_asks_over_four_processes_exactly_those_that_fit_are_admitted",
        f"{_COSTS}budget_crowd.py::test_whatever_happens_counters_are_the_sums_of_their_rows_and_no_cap_is_overshot",
    )),
    Fault(30, "a backup of an hour ago is restored", "no old message is answered again, none too few", (
        "tests/test_restore.py::test_an_hour_old_backup_answers_no_ask_again_and_none_too_few",
        "tests/test_restore.py::test_a_digest_that_was_posted_after_the_backup_is_found",
    )),
)  # fmt: skip
