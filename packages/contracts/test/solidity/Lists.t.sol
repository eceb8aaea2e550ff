// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {BLS} from "solady/src/utils/ext/ithaca/BLS.sol";
import {EpochReport, IEpochReports} from "../../contracts/interfaces/IEpochReports.sol";
import {IServiceNodeRegistry, NodeState} from "../../contracts/interfaces/IServiceNodeRegistry.sol";
import {ReportTest} from "./support/ReportTest.sol";
import {Signer} from "./support/Signer.sol";
import {vm} from "./support/Vm.sol";

/// @dev P-38: whom a report activates and decommissions. P-43: packing.
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
            report, ALL, none, none, abi.encodeWithSelector(IEpochReports.ListTooLong.selector, 65, 64)
        );
        report.activate = none;
        report.decommission = new uint64[](65);
        _refuse(
            report, ALL, none, none, abi.encodeWithSelector(IEpochReports.ListTooLong.selector, 65, 64)
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
        assertEq(rewards.node(9).heardAtReport, 1);
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

    function test_P38_dropping_silent_nodes_does_not_lower_the_half() public {
        for (uint64 id = 32; id <= N; ++id) rewards.setState(id, NodeState.Decommissioned);
        for (uint256 i = 0; i < 48; ++i) _next(_sumTo(31));
        rewards.dropSilent(_range(32, uint64(N)));
        assertEq(rewards.silentStake(), 29 * STAKE);
        // 31 of 60: one may go, and then nobody.
        for (uint256 i = 0; i < 2; ++i) {
            EpochReport memory report = _reportOf(_closeRunning());
            report.decommission = _range(1, 31);
            _submit(report, _activeSecrets(N), none, none);
            assertEq(rewards.activeStake(), 30 * STAKE);
        }
        assertEq(rewards.decommissionedStake(), STAKE);
    }

    // --- packing ---

    /// @dev 440 nodes: two groups of 219 ids (from 0 on), the second of which reaches over a word of the bitmap, and
    /// two more.
    function test_P43_packing_changes_no_answer() public {
        vm.expectRevert(abi.encodeWithSelector(IServiceNodeRegistry.GroupNotFull.selector, 0, N + 1));
        rewards.packNodes();
        for (uint256 i = N + 1; i <= 440; ++i) {
            if (i % 20 == 0) vm.roll(block.number + i);
            rewards.setState(_register(i, OPERATOR), NodeState.Active);
        }
        rewards.setState(100, NodeState.Decommissioned);
        uint64[] memory absent = _absentOfGroups();
        uint256 all = _sumTo(440) - 100;
        uint256 secret = all + 100;
        for (uint256 i = 0; i < absent.length; ++i) secret -= absent[i];
        for (uint256 groups = 0; groups <= 2; ++groups) {
            assertEq(rewards.packedGroups(), groups);
            bytes32 digest = keccak256(abi.encode("digest", groups));
            (uint256 active, uint256 floor) = rewards.verify(digest, Signer.sign(secret, digest), absent, _ids(100));
            assertEq(active, (439 - absent.length) * STAKE);
            assertEq(floor, active + STAKE);
            // What is shown is of exactly the listed nodes, whatever their state.
            EpochReport memory report = _reportOf(_closeRunning());
            _submit(report, all, none, none);
            _show(report, 1 + 100, _ids(1, 100));
            _show(report, 100 + 300, _ids(100, 300));
            BLS.G2Point memory signature = Signer.sign(1 + 100, rewards.hashEpochReport(report));
            vm.expectRevert(abi.encodeWithSelector(IServiceNodeRegistry.DuplicateId.selector, 100));
            rewards.showSigners(report.epoch, signature, _ids(100, 100));
            vm.expectRevert(abi.encodeWithSelector(IServiceNodeRegistry.UnsortedIds.selector, 300, 100));
            rewards.showSigners(report.epoch, signature, _ids(300, 100));
            if (groups < 2) rewards.packNodes();
        }
        vm.expectRevert(abi.encodeWithSelector(IServiceNodeRegistry.GroupNotFull.selector, 2, 441));
        rewards.packNodes();
    }

    /// @dev Ids at the ends of groups and of words of the bitmap, and some between.
    function _absentOfGroups() private pure returns (uint64[] memory absent) {
        uint16[11] memory ids = [1, 64, 217, 218, 219, 220, 255, 256, 437, 438, 440];
        absent = new uint64[](ids.length);
        for (uint256 i = 0; i < ids.length; ++i) absent[i] = ids[i];
    }

    // --- helpers ---

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
