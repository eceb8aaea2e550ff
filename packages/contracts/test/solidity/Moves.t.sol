// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IContests} from "../../contracts/interfaces/IContests.sol";
import {EpochReport} from "../../contracts/interfaces/IEpochReports.sol";
import {IServiceNodeRegistry, NodeState} from "../../contracts/interfaces/IServiceNodeRegistry.sol";
import {Signer} from "./support/Signer.sol";
import {SilenceTest} from "./support/SilenceTest.sol";
import {vm} from "./support/Vm.sol";

/// @dev P-112: every move of the table, and P-116. What an emergency moves is in Emergency.t.sol.
contract MovesTest is SilenceTest {
    uint256 private constant N = 20;
    uint256 private constant ALL = N * (N + 1) / 2;
    /// @dev The node that is moved, and the sum of the others' secret keys.
    uint64 private constant NODE = 20;
    uint256 private constant REST = ALL - NODE;

    function setUp() public override {
        super.setUp();
        _startWith(N);
    }

    // --- pending, active ---

    function test_P112_a_pending_node_is_moved_by_an_activation_or_its_exit_only() public {
        uint64 pending = _register(50, address(this));
        uint64 other = _register(51, address(this));
        _next(ALL);
        _tryEverythingElse(pending, 50);
        _assertState(pending, NodeState.Pending);
        _decommission(_ids(pending), ALL);
        _assertState(pending, NodeState.Pending);
        _assertStakes(N, 0, 0);
        _activate(_ids(pending), ALL);
        _assertStakes(N + 1, 0, 0);
        _assertKey(ALL + 50);
        _exit(other);
        _assertStakes(N + 1, 0, 0);
        _assertKey(ALL + 50);
    }

    function test_P112_an_active_node_is_moved_by_a_decommission_or_its_exit_only() public {
        _next(ALL);
        _tryEverythingElse(NODE, NODE);
        _activate(_ids(NODE), ALL);
        _assertStakes(N, 0, 0);
        _assertKey(ALL);
        _decommission(_ids(NODE), ALL);
        _assertStakes(N - 1, 1, 0);
        _assertKey(REST);
        _exit(1);
        _assertStakes(N - 2, 1, 0);
        _assertKey(REST - 1);
    }

    // --- floor ---

    function test_P112_from_the_floor_a_node_is_activated_or_dropped() public {
        _toFloor();
        _activate(_ids(NODE), REST);
        _assertStakes(N, 0, 0);
        _assertKey(ALL);

        _decommission(_ids(NODE), ALL);
        _pass(48, REST);
        rewards.dropSilent(_ids(NODE));
        _assertStakes(N - 1, 0, 1);
    }

    function test_P112_from_the_floor_a_node_exits() public {
        _toFloor();
        _exit(NODE);
        _gone();
    }

    function test_P36_P112_from_the_floor_a_node_is_liquidated_after_exactly_168_silent_reports() public {
        _toFloor();
        _pass(167, REST);
        _liquidationRefused(167);
        _next(REST);
        rewards.liquidateBLSPublicKey(NODE);
        _gone();
    }

    // --- silent, by silence ---

    function test_P112_a_silent_node_is_restored_by_contest_and_showing() public {
        _toSilent();
        rewards.contest(NODE);
        _restored();
        _pass(48, REST);
        rewards.dropSilent(_ids(NODE));
        _contest(NODE, _ids(NODE));
        _restored();
        _pass(48, REST);
        rewards.dropSilent(_ids(NODE));
        uint64 epoch = _closeRunning();
        _submit(_reportOf(epoch), REST, none, none);
        vm.expectEmit(address(rewards));
        emit IContests.ServiceNodesRestored(_ids(NODE));
        _show(_reportOf(epoch), NODE, _ids(NODE));
        _restored();
    }

    function test_P112_records_restore_nobody_though_the_silent_node_signs_them() public {
        _toSilent();
        EpochReport memory report = _reportOf(_closeRunning());
        _submit(report, ALL, none, _ids(NODE));
        _assertStakes(N - 1, 0, 1);
        assertEq(rewards.node(NODE).heardAtReport, 1);
    }

    function test_P112_a_silent_node_is_activated_and_its_next_decommission_begins_anew() public {
        _toSilent();
        _activate(_ids(NODE), REST);
        _assertStakes(N, 0, 0);
        _assertKey(ALL);
        assertTrue(!rewards.node(NODE).silent, "cleared");
        _decommission(_ids(NODE), ALL);
        _assertStakes(N - 1, 1, 0);
        assertEq(rewards.node(NODE).heardAtReport, rewards.acceptedReports());
        _pass(47, REST);
        rewards.dropSilent(_ids(NODE));
        _assertStakes(N - 1, 1, 0);
    }

    function test_P112_a_silent_node_exits() public {
        _toSilent();
        _exit(NODE);
        _gone();
    }

    function test_P36_P112_a_silent_node_is_liquidated_after_exactly_168_silent_reports() public {
        _toSilent();
        _pass(168 - 48 - 1, REST);
        _liquidationRefused(167);
        _next(REST);
        rewards.liquidateBLSPublicKey(NODE);
        _gone();
    }

    function test_P36_a_node_that_contests_is_never_liquidated() public {
        _toFloor();
        uint256[3] memory waits = [uint256(167), 100, 167];
        for (uint256 i = 0; i < waits.length; ++i) {
            _pass(waits[i], REST);
            if (i == 1) rewards.dropSilent(_ids(NODE));
            _liquidationRefused(waits[i]);
            _contest(NODE, _ids(NODE));
            _liquidationRefused(0);
        }
        _restored();
    }

    // --- out of the floor, by the owner ---

    function test_P116_the_owner_takes_named_decommissioned_nodes_out_of_the_floor() public {
        uint64 pending = _register(50, address(this));
        _toFloor();
        rewards.setState(2, NodeState.Exited);
        uint64[] memory ids = new uint64[](7);
        (ids[0], ids[1], ids[2], ids[3]) = (type(uint64).max, 0, 1, 2);
        (ids[4], ids[5], ids[6]) = (pending, NODE, NODE);
        vm.expectEmit(address(rewards));
        emit IContests.ServiceNodesDropped(_ids(NODE), true);
        rewards.dropFromFloor(ids);
        _assertStakes(N - 2, 0, 1);
        assertTrue(rewards.node(NODE).silent && rewards.node(NODE).keptOut, "kept out");
        _watch();
        rewards.dropFromFloor(ids);
        rewards.dropFromFloor(none);
        _assertNothingEmitted();
        address[2] memory others = [GUARDIAN, address(0xcafe)];
        for (uint256 i = 0; i < others.length; ++i) {
            vm.prank(others[i]);
            vm.expectRevert(_unauthorized(others[i]));
            rewards.dropFromFloor(_ids(NODE));
        }
    }

    function test_P116_contests_and_showings_do_not_put_it_back_and_protect_it_from_liquidation() public {
        _toFloor();
        rewards.dropFromFloor(_ids(NODE));
        _heardButOut();
    }

    function test_P116_the_owner_keeps_out_a_node_that_is_silent_already() public {
        _toSilent();
        vm.expectEmit(address(rewards));
        emit IContests.ServiceNodesDropped(_ids(NODE), true);
        rewards.dropFromFloor(_ids(NODE));
        _assertStakes(N - 1, 0, 1);
        _heardButOut();
    }

    function test_P116_an_activation_puts_it_back_for_good() public {
        _toFloor();
        rewards.dropFromFloor(_ids(NODE));
        _activate(_ids(NODE), REST);
        _assertStakes(N, 0, 0);
        _assertKey(ALL);
        assertTrue(!rewards.node(NODE).silent && !rewards.node(NODE).keptOut, "cleared");
        _decommission(_ids(NODE), ALL);
        _assertStakes(N - 1, 1, 0);
        _pass(48, REST);
        rewards.dropSilent(_ids(NODE));
        rewards.contest(NODE);
        _restored();
    }

    function test_P112_P116_a_node_that_is_kept_out_exits() public {
        _toFloor();
        rewards.dropFromFloor(_ids(NODE));
        _exit(NODE);
        _gone();
    }

    function test_P36_P116_a_node_that_is_kept_out_is_liquidated_only_for_silence() public {
        _toFloor();
        rewards.dropFromFloor(_ids(NODE));
        _liquidationRefused(0);
        _pass(167, REST);
        _liquidationRefused(167);
        _next(REST);
        rewards.liquidateBLSPublicKey(NODE);
        _gone();
        assertTrue(rewards.node(NODE).liquidated, "liquidated");
    }

    // --- exited ---

    function test_P112_an_exited_node_is_moved_by_nothing() public {
        _toFloor();
        _exit(NODE);
        uint64 epoch = _closeRunning();
        EpochReport memory report = _reportOf(epoch);
        (report.activate, report.decommission) = (_ids(NODE), _ids(NODE));
        _submit(report, REST, none, none);
        _tryEverythingElse(NODE, NODE);
        _gone();
    }

    // --- helpers ---

    function _toFloor() private {
        _decommission(_ids(NODE), ALL);
        _assertStakes(N - 1, 1, 0);
    }

    function _toSilent() private {
        _toFloor();
        _pass(48, REST);
        rewards.dropSilent(_ids(NODE));
        _assertStakes(N - 1, 0, 1);
    }

    /// @dev The node is back in the floor, and heard.
    function _restored() private view {
        _assertStakes(N - 1, 1, 0);
        _assertKey(REST);
        assertTrue(!rewards.node(NODE).silent, "in the floor");
        assertEq(rewards.node(NODE).heardAtReport, rewards.acceptedReports());
    }

    /// @dev The node is counted nowhere.
    function _gone() private view {
        _assertState(NODE, NodeState.Exited);
        assertTrue(!rewards.node(NODE).silent && !rewards.node(NODE).keptOut, "counted nowhere");
        _assertStakes(N - 1, 0, 0);
        _assertKey(REST);
    }

    /// @dev The node is kept out: it is heard by everything that hears, stays out, and is not liquidated.
    function _heardButOut() private {
        for (uint256 i = 0; i < 3; ++i) {
            _pass(100, REST);
            uint64 epoch = _runningEpoch() - 1;
            _watchRestored(i, epoch);
            _liquidationRefused(0);
            _assertStakes(N - 1, 0, 1);
            rewards.dropSilent(_ids(NODE));
            assertTrue(rewards.node(NODE).silent && rewards.node(NODE).keptOut, "kept out");
        }
    }

    function _watchRestored(uint256 i, uint64 epoch) private {
        vm.expectEmit(address(rewards));
        emit IContests.ServiceNodesHeard(_ids(NODE));
        if (i == 0) rewards.contest(NODE);
        else if (i == 1) _contest(NODE, _ids(NODE));
        else _show(_reportOf(epoch), NODE, _ids(NODE));
    }

    function _liquidationRefused(uint256 reports) private {
        vm.expectRevert(
            abi.encodeWithSelector(IServiceNodeRegistry.LiquidationTooEarly.selector, NODE, reports, 168)
        );
        rewards.liquidateBLSPublicKey(NODE);
    }

    /// @dev Everything that moves decommissioned nodes only, on one that is not. The last closed epoch has a record.
    function _tryEverythingElse(uint64 id, uint256 secret) private {
        uint256[3] memory before = [rewards.activeStake(), rewards.decommissionedStake(), rewards.silentStake()];
        _watch();
        rewards.dropSilent(_ids(id));
        rewards.dropFromFloor(_ids(id));
        _assertNothingEmitted();
        vm.expectRevert(abi.encodeWithSelector(IServiceNodeRegistry.NodeNotDecommissioned.selector, id));
        rewards.contest(id);
        _contestUnpaired(
            _runningEpoch(),
            _ids(id),
            abi.encodeWithSelector(IContests.NobodyToContest.selector, _runningEpoch())
        );
        bool hasExited = rewards.node(id).state == NodeState.Exited;
        if (!hasExited) _show(_reportOf(_runningEpoch() - 1), secret, _ids(id));
        bytes4 refusal =
            hasExited ? IServiceNodeRegistry.NodeExited.selector : IServiceNodeRegistry.NodeNotDecommissioned.selector;
        vm.expectRevert(abi.encodeWithSelector(refusal, id));
        rewards.liquidateBLSPublicKey(id);
        assertEq(rewards.activeStake(), before[0]);
        assertEq(rewards.decommissionedStake(), before[1]);
        assertEq(rewards.silentStake(), before[2]);
    }

    function _exit(uint64 id) private {
        rewards.initiateExitBLSPublicKey(id);
        vm.warp(vm.getBlockTimestamp() + 15 days);
        rewards.exitBLSPublicKey(id);
    }

    function _assertKey(uint256 secret) private view {
        assertEq(abi.encode(rewards.aggregatePublicKey()), abi.encode(Signer.keyOf(secret)));
    }
}
