// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {
    ContributionStatus,
    IServiceNodeContribution,
    Reservation
} from "../../contracts/interfaces/IServiceNodeContribution.sol";
import {
    Contributor,
    IServiceNodeRegistry,
    Node,
    NodeState,
    Registration
} from "../../contracts/interfaces/IServiceNodeRegistry.sol";
import {IEmergency} from "../../contracts/interfaces/IEmergency.sol";
import {SessionToken} from "../../contracts/SessionToken.sol";
import {ContributionTest} from "./support/ContributionTest.sol";
import {Deploy} from "./support/Deploy.sol";
import {vm} from "./support/Vm.sol";

/// @dev P-47: the ways out before the registration.
contract ContributionLeaveTest is ContributionTest {
    function test_P47_withdraws_everything_a_day_after_the_last_payment() public {
        _open(QUARTER, true);
        _contribute(ALICE, QUARTER);
        _contribute(BOB, QUARTER);
        uint256 start = 1_800_000_000; // by setUp: the optimiser reads block.timestamp anew after a warp
        vm.warp(start + 1 days - 1);
        _refusedWithdrawal(ALICE, start + 1 days - 1, start + 1 days);
        _contribute(ALICE, 1);
        vm.warp(start + 1 days);
        _refusedWithdrawal(ALICE, start + 1 days, start + 2 days - 1);
        vm.warp(start + 2 days - 1);

        vm.expectEmit(address(pot));
        emit IServiceNodeContribution.Withdrawn(1, ALICE, QUARTER + 1, 2 * QUARTER);
        vm.prank(ALICE);
        pot.withdraw();
        assertEq(token.balanceOf(ALICE), 10 * STAKE);
        assertEq(token.balanceOf(address(pot)), 2 * QUARTER);
        assertEq(pot.total(), 2 * QUARTER);
        assertEq(pot.contributions().length, 2);
        assertEq(pot.contributions()[0].addr, OPERATOR);
        assertEq(pot.contributions()[1].addr, BOB);
        _refused(
            ALICE,
            abi.encodeCall(pot.withdraw, ()),
            abi.encodeWithSelector(IServiceNodeContribution.NotContributor.selector, ALICE)
        );
    }

    function test_P47_withdrawing_from_a_full_round_opens_it() public {
        _open(QUARTER, true);
        _contribute(ALICE, WHOLE - QUARTER);
        vm.warp(block.timestamp + 1 days);
        vm.prank(ALICE);
        pot.withdraw();
        _expectStatus(ContributionStatus.Open);
        _refused(OPERATOR, abi.encodeCall(pot.finalize, ()), _wrongStatus(ContributionStatus.Open));
        _contribute(BOB, WHOLE - QUARTER);
        vm.prank(OPERATOR);
        pot.finalize();
    }

    function test_P47_nobody_withdraws_in_the_hour_after_a_round_became_full() public {
        uint256 start = vm.getBlockTimestamp();
        _open(2 * QUARTER, true);
        _contribute(ALICE, QUARTER);
        assertEq(pot.withdrawableAt(ALICE), start + 1 days);
        vm.warp(start + 1 days);
        _contribute(BOB, QUARTER);
        assertEq(pot.withdrawableAt(ALICE), start + 1 days + 1 hours);
        assertEq(pot.withdrawableAt(BOB), start + 2 days);
        vm.warp(start + 1 days + 1 hours - 1);
        _refusedWithdrawal(ALICE, start + 1 days + 1 hours - 1, start + 1 days + 1 hours);
        vm.warp(start + 1 days + 1 hours);
        _withdraw(ALICE);
        _expectStatus(ContributionStatus.Open);
        assertEq(token.balanceOf(ALICE), 10 * STAKE);
    }

    function test_P47_withdrawing_and_paying_again_never_takes_the_operators_hour() public {
        // Each has been in for a day, and leaves as soon as it may, in front of `finalize`; then it fills its place
        // anew.
        _open(2 * QUARTER, true);
        _contribute(ALICE, QUARTER);
        _contribute(BOB, QUARTER);
        for (uint256 i = 0; i < 4; ++i) {
            address who = i % 2 == 0 ? ALICE : BOB;
            vm.warp(vm.getBlockTimestamp() + 1 days);
            _withdraw(who);
            _refused(OPERATOR, abi.encodeCall(pot.finalize, ()), _wrongStatus(ContributionStatus.Open));
            _contribute(who, QUARTER);
            uint256 fullAt = vm.getBlockTimestamp();
            vm.warp(fullAt + 1 hours - 1);
            _refusedWithdrawal(ALICE, fullAt + 1 hours - 1, pot.withdrawableAt(ALICE));
            _refusedWithdrawal(BOB, fullAt + 1 hours - 1, pot.withdrawableAt(BOB));
        }
        vm.prank(OPERATOR);
        assertEq(pot.finalize(), 4);
    }

    function test_P47_refilling_keeps_nobody_for_longer_than_an_hour_each() public {
        // ALICE wants to leave. Whoever makes the round full again is bound for a day itself, so this cannot go on.
        _open(2 * QUARTER, true);
        _contribute(ALICE, QUARTER);
        _contribute(BOB, QUARTER);
        uint256 start = vm.getBlockTimestamp();
        vm.warp(start + 1 days);
        _withdraw(BOB);
        _contribute(BOB, QUARTER);
        _refusedWithdrawal(ALICE, start + 1 days, start + 1 days + 1 hours);
        vm.warp(start + 1 days + 1 hours);
        _refusedWithdrawal(BOB, start + 1 days + 1 hours, start + 2 days);
        _withdraw(ALICE);
        assertEq(token.balanceOf(ALICE), 10 * STAKE);
    }

    function test_P47_withdrawableAt_is_for_contributors_of_a_running_round() public {
        bytes memory ask = abi.encodeCall(pot.withdrawableAt, (ALICE));
        _refused(ALICE, ask, _wrongStatus(ContributionStatus.Setup));
        _open(QUARTER, true);
        _refused(ALICE, ask, abi.encodeWithSelector(IServiceNodeContribution.NotContributor.selector, ALICE));
        _refused(
            ALICE,
            abi.encodeCall(pot.withdrawableAt, (OPERATOR)),
            abi.encodeWithSelector(IServiceNodeContribution.OperatorCannotWithdraw.selector, OPERATOR)
        );
    }

    function test_P47_the_operator_does_not_withdraw_but_ends_the_round() public {
        _open(QUARTER, true);
        vm.warp(block.timestamp + 2 days);
        _refused(
            OPERATOR,
            abi.encodeCall(pot.withdraw, ()),
            abi.encodeWithSelector(IServiceNodeContribution.OperatorCannotWithdraw.selector, OPERATOR)
        );
    }

    function test_P47_a_reset_owes_everyone_what_they_paid() public {
        _open(QUARTER, _reservations(BOB, LEAST), true);
        _contribute(ALICE, QUARTER);
        vm.expectEmit(address(pot));
        emit IServiceNodeContribution.RoundReset(1, 2 * QUARTER);
        vm.prank(OPERATOR);
        pot.reset();
        _expectStatus(ContributionStatus.Setup);
        assertEq(pot.total(), 0);
        assertEq(pot.contributions().length, 0);
        assertEq(pot.reservations().length, 0);
        assertEq(pot.refundable(ALICE), QUARTER);

        // A new round of the same contract does not touch what is owed, and adds to it when it ends too.
        _open(QUARTER, true);
        _contribute(ALICE, QUARTER);
        vm.prank(OPERATOR);
        pot.reset();
        assertEq(pot.refundable(ALICE), 2 * QUARTER);
        assertEq(token.balanceOf(address(pot)), 4 * QUARTER);

        vm.expectEmit(address(pot));
        emit IServiceNodeContribution.Refunded(ALICE, 2 * QUARTER);
        vm.prank(BOB); // anyone may send it
        assertEq(pot.refund(ALICE), 2 * QUARTER);
        pot.refund(OPERATOR);
        assertEq(token.balanceOf(ALICE), 10 * STAKE);
        assertEq(token.balanceOf(OPERATOR), 10 * STAKE);
        assertEq(token.balanceOf(address(pot)), 0);
        bytes memory nothing = abi.encodeWithSelector(IServiceNodeContribution.NothingToPay.selector, ALICE);
        _refused(ALICE, abi.encodeCall(pot.refund, (ALICE)), nothing);
    }

    function test_P47_a_full_round_is_reset_too() public {
        _open(QUARTER, true);
        _contribute(ALICE, WHOLE - QUARTER);
        _expectStatus(ContributionStatus.Full);
        vm.prank(OPERATOR);
        pot.reset();
        assertEq(pot.refund(ALICE), WHOLE - QUARTER);
    }

    function test_P47_nothing_to_leave_before_the_opening_and_after_the_registration() public {
        _leavingIsRefused(ContributionStatus.Setup);
        _open(WHOLE, false);
        _leavingIsRefused(ContributionStatus.Finalized);
        _refused(
            OPERATOR,
            abi.encodeCall(pot.open, (QUARTER, OPERATOR, new Reservation[](0), false)),
            _wrongStatus(ContributionStatus.Finalized)
        );
    }

    function test_P47_a_pause_stops_nobody_from_leaving() public {
        _open(QUARTER, false);
        _contribute(ALICE, QUARTER);
        _contribute(BOB, QUARTER);
        rewards.pause(30 days);
        bytes memory paused = abi.encodeWithSelector(IEmergency.EnforcedPause.selector, rewards.pausedUntil());
        _refusedContribution(BOB, QUARTER, paused);
        vm.warp(block.timestamp + 1 days);
        vm.prank(ALICE);
        pot.withdraw();
        vm.prank(OPERATOR);
        pot.reset();
        pot.refund(BOB);
        pot.refund(OPERATOR);
        assertEq(token.balanceOf(address(pot)), 0);
    }

    function _refusedWithdrawal(address who, uint256 time, uint256 allowedAt) private {
        _refused(who, abi.encodeCall(pot.withdraw, ()), _tooEarly(time, allowedAt));
    }

    function _leavingIsRefused(ContributionStatus status) private {
        bytes memory expected = _wrongStatus(status);
        _refused(ALICE, abi.encodeCall(pot.withdraw, ()), expected);
        _refused(ALICE, abi.encodeCall(pot.setBeneficiary, (ALICE)), expected);
        _refused(OPERATOR, abi.encodeCall(pot.reset, ()), expected);
        _refused(OPERATOR, abi.encodeCall(pot.finalize, ()), expected);
        _refusedContribution(ALICE, QUARTER, expected);
    }
}

/// @dev P-48: the registration, and what is left after it. P-27: who may register.
contract ContributionFinalizeTest is ContributionTest {
    function test_P48_the_last_contribution_registers_the_node() public {
        _open(QUARTER, false);
        _contribute(ALICE, QUARTER);
        uint256 principal = rewards.principal();
        Contributor[] memory contributors = new Contributor[](3);
        contributors[0] = Contributor(OPERATOR, OPERATOR, QUARTER);
        contributors[1] = Contributor(ALICE, ALICE, QUARTER);
        contributors[2] = Contributor(BOB, BOB, WHOLE - 2 * QUARTER);
        Registration memory registration = _registration(SECRET, OPERATOR);
        uint64 time = uint64(vm.getBlockTimestamp());
        vm.expectEmit(address(rewards));
        emit IServiceNodeRegistry.NewServiceNode(4, OPERATOR, false, time, registration, contributors);
        vm.expectEmit(address(pot));
        emit IServiceNodeContribution.Finalized(1, 4);
        _contribute(BOB, WHOLE - 2 * QUARTER);

        _expectStatus(ContributionStatus.Finalized);
        assertEq(pot.nodeId(), 4);
        Node memory node = rewards.node(4);
        assertEq(uint256(node.state), uint256(NodeState.Pending));
        assertEq(node.operator, OPERATOR);
        assertEq(abi.encode(node.contributors), abi.encode(contributors));
        assertEq(rewards.principal(), principal + STAKE);
        assertEq(token.balanceOf(address(pot)), 0);
        assertEq(token.allowance(address(pot), address(rewards)), 0);
    }

    function test_P48_an_operator_alone_registers_at_once() public {
        _open(WHOLE, false);
        assertEq(pot.nodeId(), 4);
        assertEq(abi.encode(rewards.node(4).contributors), abi.encode(_solo(OPERATOR)));
    }

    function test_P48_a_manual_round_waits_for_its_operator() public {
        _open(QUARTER, true);
        _refused(OPERATOR, abi.encodeCall(pot.finalize, ()), _wrongStatus(ContributionStatus.Open));
        _contribute(ALICE, WHOLE - QUARTER);
        _expectStatus(ContributionStatus.Full);
        assertEq(pot.nodeId(), 0);
        vm.prank(OPERATOR);
        assertEq(pot.finalize(), 4);
        _refused(OPERATOR, abi.encodeCall(pot.finalize, ()), _wrongStatus(ContributionStatus.Finalized));
    }

    function test_P48_a_registration_that_fails_takes_nothing() public {
        // The operator registers the same key directly, in front of the last contribution.
        _open(QUARTER, false);
        _contribute(ALICE, QUARTER);
        uint64 id = _register(SECRET, OPERATOR);
        uint256 before = token.balanceOf(BOB);
        _refusedContribution(
            BOB, WHOLE - 2 * QUARTER, abi.encodeWithSelector(IServiceNodeRegistry.KeyInUse.selector, id)
        );
        assertEq(token.balanceOf(BOB), before);
        _expectStatus(ContributionStatus.Open);
        // With another key the round goes on.
        Registration memory other = _registration(53, OPERATOR);
        vm.prank(OPERATOR);
        pot.updateRegistration(other);
        _contribute(BOB, WHOLE - 2 * QUARTER);
        assertEq(pot.nodeId(), id + 1);
    }

    function test_P27_only_the_named_factorys_contracts_register() public {
        rewards.setContributionFactory(address(0));
        _refused(
            OPERATOR,
            abi.encodeCall(pot.open, (WHOLE, OPERATOR, new Reservation[](0), false)),
            abi.encodeWithSelector(IServiceNodeRegistry.CallerNotOperator.selector, address(pot), OPERATOR)
        );
    }

    function test_P48_what_belongs_to_nobody_goes_to_the_operator() public {
        _open(QUARTER, true);
        _contribute(ALICE, QUARTER);
        vm.prank(OPERATOR);
        pot.reset();
        _open(QUARTER, true);
        bytes memory rescue = abi.encodeCall(pot.rescue, (token));
        bytes memory nothing = abi.encodeWithSelector(IServiceNodeContribution.NothingToPay.selector, OPERATOR);
        _refused(OPERATOR, rescue, nothing);
        token.transfer(address(pot), 7);
        uint256 before = token.balanceOf(OPERATOR);
        vm.expectEmit(address(pot));
        emit IServiceNodeContribution.Rescued(token, 7);
        vm.prank(OPERATOR);
        assertEq(pot.rescue(token), 7);
        assertEq(token.balanceOf(OPERATOR), before + 7);

        // After the registration too, with a refund still owed.
        _contribute(OPERATOR, WHOLE - QUARTER);
        vm.prank(OPERATOR);
        pot.finalize();
        _refused(OPERATOR, rescue, nothing);
        token.transfer(address(pot), 9);
        vm.prank(OPERATOR);
        assertEq(pot.rescue(token), 9);
        pot.refund(ALICE);
        pot.refund(OPERATOR);
        assertEq(token.balanceOf(address(pot)), 0);
    }

    function test_P48_rescues_foreign_tokens() public {
        SessionToken foreign = Deploy.token(1_000, address(this));
        foreign.transfer(address(pot), 11);
        _open(QUARTER, false);
        vm.prank(OPERATOR);
        assertEq(pot.rescue(foreign), 11);
        assertEq(foreign.balanceOf(OPERATOR), 11);
        assertEq(token.balanceOf(address(pot)), QUARTER);
    }
}
