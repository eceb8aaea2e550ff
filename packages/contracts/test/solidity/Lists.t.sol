// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IServiceNodeRegistry, NodeState} from "../../contracts/interfaces/IServiceNodeRegistry.sol";
import {EpochReport, IServiceNodeRewards} from "../../contracts/interfaces/IServiceNodeRewards.sol";
import {ReportTest} from "./support/ReportTest.sol";
import {Signer} from "./support/Signer.sol";
import {vm} from "./support/Vm.sol";

/// @dev P-38: whom a report activates and decommissions. P-42: the emergency.
contract ListsTest is ReportTest {
    uint256 private constant N = 60;
    uint256 private constant ALL = N * (N + 1) / 2;
    address private constant OPERATOR = address(0x0e);

    function setUp() public override {
        super.setUp();
        _startWith(N);
    }

    // --- activate ---

    function test_P38_activates_pending_and_decommissioned_nodes_and_emits_which() public {
        uint64 pending = _register(100, OPERATOR);
        rewards.setState(7, NodeState.Decommissioned);
        uint64[] memory list = new uint64[](6);
        (list[0], list[1], list[2], list[3], list[4], list[5]) = (3, 7, pending, pending, 999, type(uint64).max);
        EpochReport memory report = _reportOf(_closeRunning());
        report.activate = list;
        vm.expectEmit(address(rewards));
        emit IServiceNodeRegistry.ServiceNodesActivated(_ids(7, pending));
        _submitExpecting(report, ALL - 7);
        assertEq(rewards.activeStake(), (N + 1) * STAKE);
        assertEq(rewards.decommissionedStake(), 0);
        assertEq(abi.encode(rewards.aggregatePublicKey()), abi.encode(Signer.keyOf(ALL + 100)));
    }

    function test_P38_passes_over_nodes_past_their_unlock_time() public {
        uint64 pending = _register(100, OPERATOR);
        vm.prank(OPERATOR);
        rewards.initiateExitBLSPublicKey(pending);
        rewards.initiateExitBLSPublicKey(5);
        vm.warp(vm.getBlockTimestamp() + 15 days);
        EpochReport memory report = _reportOf(_closeRunning());
        (report.activate, report.decommission) = (_ids(pending), _ids(5));
        _submit(report, ALL, none, none);
        assertEq(uint256(rewards.node(pending).state), uint256(NodeState.Pending));
        assertEq(uint256(rewards.node(5).state), uint256(NodeState.Active));
        rewards.exitBLSPublicKey(pending);
        _activate(_ids(pending), ALL);
        assertEq(uint256(rewards.node(pending).state), uint256(NodeState.Exited));
    }

    function test_P38_silent_mass_registration_neither_breaks_bundles_nor_enters_at_once() public {
        // Somebody registers as many nodes as the blocks take, and they never sign.
        for (uint256 i = 0; i < 70; ++i) {
            if (i % 20 == 0) vm.roll(block.number + i + 1);
            _register(1_000 + i, OPERATOR);
        }
        assertEq(rewards.activeStake(), N * STAKE);
        _award(address(0xa11ce), 5, N);
        // Even a report that lists them takes 64 at most, and says so.
        EpochReport memory report = _reportOf(_closeRunning());
        report.activate = _range(uint64(N) + 1, uint64(N) + 65);
        _refuse(
            report, ALL, none, none, abi.encodeWithSelector(IServiceNodeRewards.ListTooLong.selector, 65, 64)
        );
        report.activate = none;
        report.decommission = new uint64[](65);
        _refuse(
            report, ALL, none, none, abi.encodeWithSelector(IServiceNodeRewards.ListTooLong.selector, 65, 64)
        );
        report.decommission = none;
        report.activate = _range(uint64(N) + 1, uint64(N) + 64);
        _submit(report, ALL, none, none);
        assertEq(rewards.activeStake(), (N + 64) * STAKE);
    }

    // --- decommission ---

    function test_P38_decommissions_end_with_the_node_that_reaches_2_percent() public {
        // 1 of 60 is 166 bps, 2 are 333: the second reaches 200 and is the last, in the order of the list.
        uint64[] memory list = new uint64[](4);
        (list[0], list[1], list[2], list[3]) = (9, 9, 4, 1);
        EpochReport memory report = _reportOf(_closeRunning());
        report.decommission = list;
        vm.expectEmit(address(rewards));
        emit IServiceNodeRegistry.ServiceNodesDecommissioned(_ids(9, 4));
        _submitExpecting(report, ALL);
        assertEq(rewards.activeStake(), (N - 2) * STAKE);
        assertEq(rewards.decommissionedStake(), 2 * STAKE);
        assertEq(abi.encode(rewards.aggregatePublicKey()), abi.encode(Signer.keyOf(ALL - 13)));
        assertEq(rewards.node(9).decommissionedAt, vm.getBlockTimestamp());
        assertEq(rewards.node(9).decommissionedAtReport, 1);
    }

    function test_P38_reports_never_take_active_stake_below_half() public {
        // Hostile reports, one an epoch, each listing everyone: 60 nodes end at 30 active and 30 decommissioned.
        uint256 secret = ALL;
        for (uint256 i = 0; i < 40; ++i) {
            EpochReport memory report = _reportOf(_closeRunning());
            report.decommission = _range(1, uint64(N));
            uint256 before = rewards.activeStake();
            _submit(report, secret, none, none);
            if (rewards.activeStake() == before) break;
            secret = _activeSecrets(N);
        }
        assertEq(rewards.activeStake(), 30 * STAKE);
        assertEq(rewards.decommissionedStake(), 30 * STAKE);
    }

    function test_P38_a_report_may_activate_and_decommission_and_the_2_percent_are_of_before() public {
        // 50 active and 10 back: 2% of 50 is one node, of 60 it would be two.
        for (uint64 id = 51; id <= N; ++id) rewards.setState(id, NodeState.Decommissioned);
        EpochReport memory report = _reportOf(_closeRunning());
        report.activate = _range(51, uint64(N));
        report.decommission = _ids(1, 2);
        _submit(report, _sumTo(50), none, none);
        assertEq(rewards.activeStake(), 59 * STAKE);
        assertEq(rewards.decommissionedStake(), STAKE);
    }

    // --- emergency ---

    function test_P42_the_owner_decommissions_without_caps_when_reports_stopped() public {
        // 25 of 60 are dead: 5833 bps, no report gets through.
        uint64[] memory dead = _range(36, uint64(N));
        vm.warp(rewards.genesis() + 72 * EPOCH - 1);
        vm.expectRevert(
            abi.encodeWithSelector(IServiceNodeRewards.NetworkAlive.selector, 72 * EPOCH - 1, 72 * EPOCH)
        );
        rewards.announceEmergency(dead, none);
        vm.warp(rewards.genesis() + 72 * EPOCH);
        vm.expectEmit(address(rewards));
        emit IServiceNodeRewards.EmergencyAnnounced(dead, none, 24 * EPOCH);
        rewards.announceEmergency(dead, none);
        vm.warp(rewards.genesis() + 96 * EPOCH - 1);
        vm.expectRevert(abi.encodeWithSelector(IServiceNodeRewards.EmergencyTooEarly.selector, 1));
        rewards.emergencyDecommission(dead, none);
        vm.warp(rewards.genesis() + 96 * EPOCH);
        _notAnnounced(_range(35, uint64(N)), none);
        rewards.emergencyDecommission(dead, none);
        assertEq(rewards.activeStake(), 35 * STAKE);
        assertEq(rewards.decommissionedStake(), 25 * STAKE);
        _notAnnounced(dead, none);
        // The network goes on: its reports are accepted again.
        _next(_sumTo(35));
        assertEq(rewards.acceptedReports(), 1);
    }

    function test_P42_an_accepted_report_voids_the_announcement() public {
        uint64[] memory dead = _range(36, uint64(N));
        vm.warp(rewards.genesis() + 72 * EPOCH);
        rewards.announceEmergency(dead, none);
        _next(ALL);
        (,, bool isVoid) = rewards.emergency();
        assertTrue(isVoid, "void");
        vm.warp(rewards.genesis() + 97 * EPOCH);
        _notAnnounced(dead, none);
        vm.expectRevert(abi.encodeWithSelector(IServiceNodeRewards.NetworkAlive.selector, 24 * EPOCH, 72 * EPOCH));
        rewards.announceEmergency(dead, none);
    }

    function test_P42_time_in_a_pause_does_not_count() public {
        uint64[] memory dead = _range(36, uint64(N));
        vm.warp(rewards.genesis() + 71 * EPOCH);
        rewards.pause(1 days);
        vm.warp(rewards.genesis() + 100 * EPOCH);
        vm.expectRevert(abi.encodeWithSelector(bytes4(keccak256("EnforcedPause()"))));
        rewards.announceEmergency(dead, none);
        rewards.unpause();
        vm.expectRevert(abi.encodeWithSelector(IServiceNodeRewards.NetworkAlive.selector, 71 * EPOCH, 72 * EPOCH));
        rewards.announceEmergency(dead, none);
        vm.warp(rewards.genesis() + 101 * EPOCH);
        rewards.announceEmergency(dead, none);
        // Announced, then paused so that no report can void it: the notice does not run either.
        rewards.pause(1 days);
        vm.warp(rewards.genesis() + 200 * EPOCH);
        (, uint256 secondsLeft,) = rewards.emergency();
        assertEq(secondsLeft, 24 * EPOCH);
        vm.expectRevert(abi.encodeWithSelector(bytes4(keccak256("EnforcedPause()"))));
        rewards.emergencyDecommission(dead, none);
        rewards.unpause();
        vm.expectRevert(abi.encodeWithSelector(IServiceNodeRewards.EmergencyTooEarly.selector, 24 * EPOCH));
        rewards.emergencyDecommission(dead, none);
    }

    function test_P42_activates_pending_nodes_only_when_nobody_is_active() public {
        uint64 pending = _register(100, OPERATOR);
        uint64[] memory everyone = _range(1, uint64(N));
        vm.warp(rewards.genesis() + 72 * EPOCH);
        rewards.announceEmergency(_range(2, uint64(N)), _ids(pending));
        vm.warp(rewards.genesis() + 96 * EPOCH);
        vm.expectRevert(abi.encodeWithSelector(IServiceNodeRewards.ActiveStakeLeft.selector, STAKE));
        rewards.emergencyDecommission(_range(2, uint64(N)), _ids(pending));

        // A decommissioned node does not come back this way: 3 is in both lists and stays out.
        rewards.announceEmergency(everyone, _ids(3, pending));
        vm.warp(rewards.genesis() + 120 * EPOCH);
        rewards.emergencyDecommission(everyone, _ids(3, pending));
        assertEq(rewards.activeStake(), STAKE);
        assertEq(abi.encode(rewards.aggregatePublicKey()), abi.encode(Signer.keyOf(100)));
        assertEq(uint256(rewards.node(3).state), uint256(NodeState.Decommissioned));
        // One node of 61 is alive: its reports are accepted, money waits for the floor.
        _next(100);
        assertEq(distributor.payableRootCount(), 0);
    }

    function test_P42_owner_only() public {
        bytes memory expected =
            abi.encodeWithSelector(bytes4(keccak256("OwnableUnauthorizedAccount(address)")), address(9));
        vm.prank(address(9));
        vm.expectRevert(expected);
        rewards.announceEmergency(none, none);
        vm.prank(address(9));
        vm.expectRevert(expected);
        rewards.emergencyDecommission(none, none);
        vm.prank(address(9));
        vm.expectRevert(expected);
        rewards.setLiquidationShares(0, 0);
    }

    // --- packing ---

    function test_P43_packing_changes_no_answer() public {
        vm.expectRevert(abi.encodeWithSelector(IServiceNodeRegistry.GroupNotFull.selector, 0, N + 1));
        rewards.packNodes();
        for (uint256 i = N + 1; i <= 130; ++i) {
            if (i % 20 == 0) vm.roll(block.number + i);
            _register(i, OPERATOR);
        }
        _activate(_range(uint64(N) + 1, uint64(N) + 64), ALL);
        _activate(_range(uint64(N) + 65, 130), _sumTo(N + 64));
        rewards.setState(100, NodeState.Decommissioned);
        uint256 all = _sumTo(130) - 100;
        uint64[] memory absent = new uint64[](6);
        (absent[0], absent[1], absent[2], absent[3], absent[4], absent[5]) = (1, 64, 126, 127, 128, 130);
        uint256 secret = all - 1 - 64 - 126 - 127 - 128 - 130 + 100;
        bytes32 digest = keccak256("digest");
        (uint256 active, uint256 floor) = rewards.verify(digest, Signer.sign(secret, digest), absent, _ids(100));
        rewards.packNodes();
        assertEq(rewards.packedGroups(), 1);
        (uint256 packedActive, uint256 packedFloor) =
            rewards.verify(digest, Signer.sign(secret, digest), absent, _ids(100));
        assertEq(packedActive, active);
        assertEq(packedActive, 123 * STAKE);
        assertEq(packedFloor, floor);
        vm.expectRevert(abi.encodeWithSelector(IServiceNodeRegistry.GroupNotFull.selector, 1, 131));
        rewards.packNodes();
    }

    // --- helpers ---

    function _notAnnounced(uint64[] memory decommission, uint64[] memory activate) private {
        (bytes32 announced,,) = rewards.emergency();
        vm.expectRevert(abi.encodeWithSelector(IServiceNodeRewards.EmergencyNotAnnounced.selector, announced));
        rewards.emergencyDecommission(decommission, activate);
    }

    /// @dev `_submit` whose only calls between expectEmit and the report are views.
    function _submitExpecting(EpochReport memory report, uint256 secret) private {
        _submit(report, secret, none, none);
    }

    /// @dev The sum of the secret keys of the active nodes among 1 to `n`.
    function _activeSecrets(uint256 n) private view returns (uint256 sum) {
        uint256 bits = rewards.activeBitmap(0);
        for (uint256 id = 1; id <= n; ++id) {
            if ((bits >> id) & 1 == 1) sum += id;
        }
    }
}
