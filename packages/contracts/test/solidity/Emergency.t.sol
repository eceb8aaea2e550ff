// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IEmergency} from "../../contracts/interfaces/IEmergency.sol";
import {EpochReport} from "../../contracts/interfaces/IEpochReports.sol";
import {IServiceNodeRegistry, NodeState} from "../../contracts/interfaces/IServiceNodeRegistry.sol";
import {IServiceNodeRewards} from "../../contracts/interfaces/IServiceNodeRewards.sol";
import {Signer} from "./support/Signer.sol";
import {SilenceTest} from "./support/SilenceTest.sol";
import {vm} from "./support/Vm.sol";

/// @dev P-42: what can be done when no report gets through.
contract EmergencyTest is SilenceTest {
    uint256 private constant N = 12;
    uint256 private constant ALL = N * (N + 1) / 2;
    uint256 private constant QUIET = 72 * EPOCH;
    address private constant OPERATOR = address(0x0e);

    /// @dev Five of twelve: 5833 bps are left, and no report gets through.
    uint64[] private dead;
    uint256 private begin;

    function setUp() public override {
        super.setUp();
        _startWith(N);
        dead = _range(8, uint64(N));
        begin = vm.getBlockTimestamp();
    }

    // --- the announcement ---

    function test_P42_announced_after_72_quiet_epochs_and_carried_out_after_the_notice() public {
        vm.warp(begin + QUIET - 1);
        _announceRefused(address(this), dead, none, _alive(QUIET - 1));
        vm.warp(begin + QUIET);
        uint256 readyAt = begin + QUIET + NOTICE;
        vm.expectEmit(address(rewards));
        emit IEmergency.EmergencyAnnounced(_hash(dead, none), dead, none, readyAt);
        rewards.announceEmergency(dead, none);
        _assertAnnounced(_hash(dead, none), readyAt, false);
        vm.warp(readyAt - 1);
        _carryOutRefused(dead, none, abi.encodeWithSelector(IEmergency.EmergencyTooEarly.selector, readyAt));
        vm.warp(readyAt);
        vm.expectEmit(address(rewards));
        emit IServiceNodeRegistry.ServiceNodesDecommissioned(dead);
        vm.expectEmit(address(rewards));
        emit IEmergency.EmergencyExecuted(_hash(dead, none));
        rewards.emergencyDecommission(dead, none);
        _assertStakes(7, 5, 0);
        assertEq(abi.encode(rewards.aggregatePublicKey()), abi.encode(Signer.keyOf(_sumTo(7))));
        // Once; and the network goes on: its reports are accepted again.
        _assertAnnounced(_hash(dead, none), 0, false);
        _carryOutRefused(dead, none, _notAnnounced(dead, none));
        _next(_sumTo(7));
        assertEq(rewards.acceptedReports(), 1);
    }

    function test_P42_owner_or_guardian_announce_and_the_owner_alone_carries_out() public {
        vm.warp(begin + QUIET);
        address[2] memory strangers = [FOUNDER, address(0xcafe)];
        for (uint256 i = 0; i < strangers.length; ++i) {
            _announceRefused(
                strangers[i],
                dead,
                none,
                abi.encodeWithSelector(IEmergency.NotOwnerOrGuardian.selector, strangers[i], GUARDIAN)
            );
        }
        vm.prank(GUARDIAN);
        rewards.announceEmergency(dead, none);
        vm.warp(begin + QUIET + NOTICE);
        address[3] memory others = [GUARDIAN, FOUNDER, address(0xcafe)];
        for (uint256 i = 0; i < others.length; ++i) {
            bytes memory unauthorized = _unauthorized(others[i]);
            vm.prank(others[i]);
            vm.expectRevert(unauthorized);
            rewards.emergencyDecommission(dead, none);
        }
        rewards.emergencyDecommission(dead, none);
        _assertStakes(7, 5, 0);
    }

    function test_P42_announcements_are_kept_by_their_lists_and_none_replaces_another() public {
        vm.warp(begin + QUIET);
        rewards.announceEmergency(_ids(8), none);
        vm.warp(begin + QUIET + 1 days);
        vm.prank(GUARDIAN);
        rewards.announceEmergency(_ids(9), none);
        rewards.announceEmergency(none, _ids(8));
        _assertAnnounced(_hash(_ids(8), none), begin + QUIET + NOTICE, false);
        _assertAnnounced(_hash(_ids(9), none), begin + QUIET + 1 days + NOTICE, false);
        assertTrue(_hash(_ids(8), none) != _hash(none, _ids(8)), "the lists do not run into each other");
        vm.warp(begin + QUIET + NOTICE);
        rewards.emergencyDecommission(_ids(8), none);
        // The other's notice runs on, and it is in force.
        _carryOutRefused(
            _ids(9),
            none,
            abi.encodeWithSelector(IEmergency.EmergencyTooEarly.selector, begin + QUIET + 1 days + NOTICE)
        );
        _carryOutRefused(_ids(8, 9), none, _notAnnounced(_ids(8, 9), none));
        vm.warp(begin + QUIET + 1 days + NOTICE);
        rewards.emergencyDecommission(_ids(9), none);
        _assertStakes(10, 2, 0);
    }

    function test_P42_lists_in_force_are_not_announced_again() public {
        vm.warp(begin + QUIET);
        rewards.announceEmergency(dead, none);
        uint256 readyAt = begin + QUIET + NOTICE;
        bytes memory announced =
            abi.encodeWithSelector(IEmergency.EmergencyAnnouncedAlready.selector, _hash(dead, none), readyAt);
        address[2] memory callers = [address(this), GUARDIAN];
        uint256[3] memory times = [begin + QUIET, readyAt, readyAt + 100 days];
        for (uint256 i = 0; i < times.length; ++i) {
            vm.warp(times[i]);
            for (uint256 j = 0; j < callers.length; ++j) _announceRefused(callers[j], dead, none, announced);
        }
        rewards.emergencyDecommission(dead, none);
        // Carried out, they may be.
        rewards.announceEmergency(dead, none);
        _assertAnnounced(_hash(dead, none), readyAt + 100 days + NOTICE, false);
    }

    // --- what ends it ---

    function test_P42_an_accepted_report_voids_every_announcement() public {
        vm.warp(begin + QUIET);
        rewards.announceEmergency(dead, none);
        rewards.announceEmergency(_ids(9), none);
        uint256 readyAt = begin + QUIET + NOTICE;
        vm.warp(readyAt - EPOCH);
        _next(ALL);
        uint256 reportedAt = vm.getBlockTimestamp();
        _assertAnnounced(_hash(dead, none), readyAt, true);
        _assertAnnounced(_hash(_ids(9), none), readyAt, true);
        // For good, also when 72 quiet epochs have passed again.
        vm.warp(reportedAt + QUIET - 1);
        _carryOutRefused(dead, none, _notAnnounced(dead, none));
        _announceRefused(address(this), dead, none, _alive(QUIET - 1));
        vm.warp(reportedAt + QUIET);
        _carryOutRefused(dead, none, _notAnnounced(dead, none));
        _carryOutRefused(_ids(9), none, _notAnnounced(_ids(9), none));
        // Announced anew, it has its whole notice.
        rewards.announceEmergency(dead, none);
        _assertAnnounced(_hash(dead, none), reportedAt + QUIET + NOTICE, false);
        vm.warp(reportedAt + QUIET + NOTICE - 1);
        _carryOutRefused(
            dead,
            none,
            abi.encodeWithSelector(IEmergency.EmergencyTooEarly.selector, reportedAt + QUIET + NOTICE)
        );
        vm.warp(reportedAt + QUIET + NOTICE);
        rewards.emergencyDecommission(dead, none);
    }

    function test_P42_later_records_and_showings_do_not_prolong_the_clock() public {
        EpochReport memory report = _reportOf(_closeRunning());
        _submit(report, ALL - 1 - 2, _ids(1, 2), none);
        uint256 reportedAt = vm.getBlockTimestamp();
        vm.warp(reportedAt + EPOCH - 1);
        _submit(report, ALL, none, none);
        _show(report, 1, _ids(1));
        vm.warp(reportedAt + QUIET);
        rewards.announceEmergency(dead, none);
    }

    function test_P42_the_quiet_time_begins_anew_at_the_end_of_a_pause() public {
        // Ended by a call.
        vm.warp(begin + QUIET - 2);
        rewards.pause(1 days);
        vm.warp(begin + QUIET);
        _announceRefused(address(this), dead, none, _enforcedPause(begin + QUIET - 2 + 1 days));
        rewards.unpause();
        vm.warp(begin + 2 * QUIET - 1);
        _announceRefused(address(this), dead, none, _alive(QUIET - 1));
        // Ended by itself.
        rewards.pause(30 days);
        uint256 end = begin + 2 * QUIET - 1 + 30 days;
        vm.warp(end + QUIET - 1);
        _announceRefused(address(this), dead, none, _alive(QUIET - 1));
        vm.warp(end + QUIET);
        rewards.announceEmergency(dead, none);
    }

    function test_P42_the_quiet_time_is_asked_again_when_it_is_carried_out() public {
        vm.warp(begin + QUIET);
        rewards.announceEmergency(dead, none);
        uint256 readyAt = begin + QUIET + NOTICE;
        // A pause of one second in the notice's last hour: no report could come in it, so none need have come.
        vm.warp(readyAt - 1 hours);
        vm.prank(GUARDIAN);
        rewards.pause(1);
        vm.warp(readyAt - 1 hours + QUIET);
        _carryOutRefused(dead, none, _alive(QUIET - 1));
        vm.warp(readyAt - 1 hours + QUIET + 1);
        rewards.emergencyDecommission(dead, none);
        _assertStakes(7, 5, 0);
    }

    // --- what it does ---

    function test_P42_decommissions_without_caps_and_passes_over_what_is_not_active() public {
        rewards.setState(2, NodeState.Decommissioned);
        rewards.setState(3, NodeState.Exited);
        rewards.initiateExitBLSPublicKey(4);
        uint64 pending = _register(100, OPERATOR);
        uint64[] memory list = new uint64[](14);
        for (uint64 i = 0; i < 13; ++i) list[i] = i == 12 ? pending : i + 1;
        list[13] = 999;
        _carryOut(list, none);
        // All but 4, whose unlock time has come: only its exit is left to it.
        _assertStakes(1, 10, 0);
        _assertState(4, NodeState.Active);
        _assertState(pending, NodeState.Pending);
        // Decommissioned like any other: it can contest, and reports count from here.
        assertEq(rewards.node(1).heardAtReport, 0);
        assertEq(rewards.node(1).decommissionedAt, vm.getBlockTimestamp());
        rewards.contest(1);
    }

    function test_P42_activates_only_when_nobody_is_active() public {
        uint64 pending = _register(100, OPERATOR);
        vm.warp(begin + QUIET);
        rewards.announceEmergency(_range(2, uint64(N)), _ids(pending));
        rewards.announceEmergency(_range(1, uint64(N)), _ids(3, pending));
        vm.warp(begin + QUIET + NOTICE);
        _carryOutRefused(
            _range(2, uint64(N)),
            _ids(pending),
            abi.encodeWithSelector(IEmergency.ActiveStakeLeft.selector, STAKE)
        );
        _assertStakes(N, 0, 0);
        // A node in both lists is decommissioned and comes back.
        vm.expectEmit(address(rewards));
        emit IServiceNodeRegistry.ServiceNodesActivated(_ids(3, pending));
        rewards.emergencyDecommission(_range(1, uint64(N)), _ids(3, pending));
        _assertStakes(2, N - 1, 0);
        assertEq(abi.encode(rewards.aggregatePublicKey()), abi.encode(Signer.keyOf(103)));
        // Two nodes of 13: their reports are accepted, money waits for the floor.
        _next(103);
        assertEq(distributor.payableRootCount(), 0);
    }

    function test_P42_decommissioned_nodes_return_once_nobody_is_active() public {
        // Nodes 7 to 12 are decommissioned: 8 and 9 dropped for silence, 9 and 10 kept out by the owner.
        for (uint64 id = 7; id <= N; ++id) rewards.setState(id, NodeState.Decommissioned);
        _pass(48, _sumTo(6));
        rewards.dropSilent(_ids(8, 9));
        rewards.dropFromFloor(_ids(9, 10));
        _assertStakes(6, 3, 3);
        for (uint64 id = 1; id <= 6; ++id) rewards.initiateExitBLSPublicKey(id);
        rewards.initiateExitBLSPublicKey(11);
        vm.warp(vm.getBlockTimestamp() + 15 days);
        for (uint64 id = 1; id <= 6; ++id) rewards.exitBLSPublicKey(id);
        assertEq(rewards.activeStake(), 0);
        // No report can bring them back: there is nothing that a quorum could be a part of.
        EpochReport memory report = _reportOf(_closeRunning());
        report.activate = _range(7, uint64(N));
        _refuse(
            report,
            ALL - _sumTo(6),
            none,
            _range(7, uint64(N)),
            abi.encodeWithSelector(IServiceNodeRegistry.NoActiveStake.selector)
        );
        _carryOut(none, _range(7, uint64(N)));
        // All but 11, whose unlock time has come.
        _assertStakes(5, 1, 0);
        for (uint64 id = 8; id <= 10; ++id) {
            assertTrue(!rewards.node(id).silent && !rewards.node(id).keptOut, "cleared");
        }
        uint256 secret = ALL - _sumTo(6) - 11;
        assertEq(abi.encode(rewards.aggregatePublicKey()), abi.encode(Signer.keyOf(secret)));
        uint256 roots = distributor.payableRootCount();
        _next(secret);
        assertEq(distributor.payableRootCount(), roots + 1);
    }

    // --- helpers ---

    function _hash(uint64[] memory decommission, uint64[] memory activate) private pure returns (bytes32) {
        return keccak256(abi.encode(decommission, activate));
    }

    function _alive(uint256 quiet) private pure returns (bytes memory) {
        return abi.encodeWithSelector(IEmergency.NetworkAlive.selector, quiet, QUIET);
    }

    function _notAnnounced(uint64[] memory decommission, uint64[] memory activate)
        private
        pure
        returns (bytes memory)
    {
        return abi.encodeWithSelector(IEmergency.EmergencyNotAnnounced.selector, _hash(decommission, activate));
    }

    /// @dev Announces, waits and carries out.
    function _carryOut(uint64[] memory decommission, uint64[] memory activate) private {
        vm.warp(vm.getBlockTimestamp() + QUIET);
        rewards.announceEmergency(decommission, activate);
        vm.warp(vm.getBlockTimestamp() + NOTICE);
        rewards.emergencyDecommission(decommission, activate);
    }

    function _announceRefused(
        address caller,
        uint64[] memory decommission,
        uint64[] memory activate,
        bytes memory expected
    ) private {
        vm.prank(caller);
        vm.expectRevert(expected);
        rewards.announceEmergency(decommission, activate);
    }

    function _carryOutRefused(uint64[] memory decommission, uint64[] memory activate, bytes memory expected) private {
        vm.expectRevert(expected);
        rewards.emergencyDecommission(decommission, activate);
    }

    function _assertAnnounced(bytes32 listsHash, uint256 readyAt, bool isVoid) private view {
        (uint256 actualReadyAt, bool actualVoid) = rewards.emergency(listsHash);
        assertEq(actualReadyAt, readyAt);
        assertTrue(actualVoid == isVoid, "void");
    }
}
