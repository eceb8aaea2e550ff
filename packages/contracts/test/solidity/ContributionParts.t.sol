// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ContributionStatus} from "../../contracts/interfaces/IServiceNodeContribution.sol";
import {Contributor, NodeState} from "../../contracts/interfaces/IServiceNodeRegistry.sol";
import {ContributionTest} from "./support/ContributionTest.sol";
import {vm} from "./support/Vm.sol";

/// @dev P-27, P-46: whoever gets into a node has a real part of it, and what a round leaves open is nothing or as much.
contract ContributionPartsTest is ContributionTest {
    function test_P33_P46_one_atomic_unit_ends_no_node() public {
        _open(QUARTER, false);
        _contribute(ALICE, QUARTER);
        // A top-up that leaves a unit, so that a unit buys the last place, and a node of 100 tokens 30 days later.
        _refusedContribution(ALICE, 2 * QUARTER - 1, _leavesTooLittle(1));
        _refusedContribution(ALICE, 2 * QUARTER - LEAST + 1, _leavesTooLittle(LEAST - 1));
        _contribute(ALICE, 2 * QUARTER - LEAST);
        _refusedContribution(BOB, 1, _outOfRange(1, LEAST, LEAST));
        _contribute(BOB, LEAST);
        _everyoneHasAPartAndCanLeave(pot.nodeId(), 3);
    }

    function test_P46_the_opening_leaves_nothing_or_a_real_part() public {
        _refusedOpening(WHOLE - 1, 0, _leavesTooLittle(1));
        _refusedOpening(WHOLE - LEAST + 1, 0, _leavesTooLittle(LEAST - 1));
        // What is reserved is not open.
        _refusedOpening(QUARTER, WHOLE - QUARTER - 1, _leavesTooLittle(1));
        _refusedOpening(QUARTER + 1, WHOLE - QUARTER - LEAST, _leavesTooLittle(LEAST - 1));
        _open(WHOLE - LEAST, false);
        _expectBounds(ALICE, LEAST, LEAST);
        _contribute(ALICE, LEAST);
        _everyoneHasAPartAndCanLeave(pot.nodeId(), 2);
    }

    function test_P46_a_first_part_leaves_nothing_or_a_real_part() public {
        _open(2 * QUARTER, true);
        _expectBounds(ALICE, (2 * QUARTER + 8) / 9, 2 * QUARTER);
        _refusedContribution(ALICE, 2 * QUARTER - 1, _leavesTooLittle(1));
        _refusedContribution(ALICE, 2 * QUARTER - LEAST + 1, _leavesTooLittle(LEAST - 1));
        _contribute(ALICE, 2 * QUARTER - 2 * LEAST + 1);
        // Too little for two: the next takes all of it, and what it is told says so.
        _expectBounds(BOB, 2 * LEAST - 1, 2 * LEAST - 1);
        _refusedContribution(BOB, LEAST, _outOfRange(LEAST, 2 * LEAST - 1, 2 * LEAST - 1));
        _contribute(BOB, 2 * LEAST - 1);
        _expectStatus(ContributionStatus.Full);
    }

    function test_P46_a_newcomer_pays_a_real_part_where_an_equal_one_is_less() public {
        _open(WHOLE - 4 * LEAST, true);
        // Nine places for four parts: an equal part would be below what a contributor must have.
        for (uint256 i = 0; i < 4; ++i) {
            uint96 open = uint96(4 - i) * LEAST;
            _expectBounds(_someone(i), LEAST, open);
            _refusedContribution(_someone(i), LEAST - 1, _outOfRange(LEAST - 1, LEAST, open));
            _contribute(_someone(i), LEAST);
        }
        _expectStatus(ContributionStatus.Full);
    }

    function test_P46_a_top_up_takes_the_last_part_whole() public {
        _open(QUARTER, true);
        _contribute(ALICE, WHOLE - QUARTER - LEAST);
        _expectBounds(ALICE, LEAST, LEAST);
        _refusedContribution(ALICE, 1, _outOfRange(1, LEAST, LEAST));
        _refusedContribution(OPERATOR, LEAST - 1, _outOfRange(LEAST - 1, LEAST, LEAST));
        _contribute(OPERATOR, LEAST);
        _expectStatus(ContributionStatus.Full);
    }

    function test_P46_a_reservation_taken_up_leaves_nothing_or_a_real_part() public {
        _open(WHOLE - QUARTER - LEAST, _reservations(ALICE, QUARTER), true);
        _expectBounds(ALICE, QUARTER, QUARTER + LEAST);
        _refusedContribution(ALICE, QUARTER + 1, _leavesTooLittle(LEAST - 1));
        _refusedContribution(ALICE, QUARTER + LEAST - 1, _leavesTooLittle(1));
        // As it is, it may always be taken up.
        _contribute(ALICE, QUARTER);
        _contribute(BOB, LEAST);
        _expectStatus(ContributionStatus.Full);
    }

    function test_P46_with_all_places_reserved_the_rest_is_topped_up() public {
        // Nobody new can come, and yet the round can be completed, by whoever is in it.
        _open(QUARTER, _nineReservations(), true);
        uint96 open = WHOLE - QUARTER - 9 * LEAST;
        for (uint256 i = 0; i < 9; ++i) _contribute(_someone(i), LEAST);
        _expectBounds(BOB, 0, 0);
        _expectBounds(OPERATOR, 1, open);
        _refusedContribution(OPERATOR, open - 1, _leavesTooLittle(1));
        _contribute(OPERATOR, open - LEAST);
        _contribute(_someone(8), LEAST);
        _expectStatus(ContributionStatus.Full);
    }

    function _refusedOpening(uint96 amount, uint96 reserved, bytes memory expected) private {
        bytes memory call = reserved == 0
            ? abi.encodeCall(pot.open, (amount, OPERATOR, _noReservations(), true))
            : abi.encodeCall(pot.open, (amount, OPERATOR, _reservations(ALICE, reserved), true));
        _refused(OPERATOR, call, expected);
    }

    /// @dev P-27, P-33: of a registered node, 30 days later.
    function _everyoneHasAPartAndCanLeave(uint64 id, uint256 count) private {
        Contributor[] memory contributors = rewards.node(id).contributors;
        assertEq(contributors.length, count);
        vm.warp(vm.getBlockTimestamp() + 30 days);
        for (uint256 i = 0; i < count; ++i) {
            assertTrue(contributors[i].stake * 10_000 >= 500 * uint256(STAKE), "500 bps");
            vm.prank(contributors[i].addr);
            rewards.initiateExitBLSPublicKey(id);
            vm.warp(vm.getBlockTimestamp() + 1 hours);
        }
        vm.warp(vm.getBlockTimestamp() + 15 days);
        rewards.exitBLSPublicKey(id);
        assertEq(uint256(rewards.node(id).state), uint256(NodeState.Exited));
        for (uint256 i = 0; i < count; ++i) rewards.withdrawPrincipalFor(id, contributors[i].addr);
    }
}
