// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {BLS} from "solady/src/utils/ext/ithaca/BLS.sol";
import {IEmergency} from "../../contracts/interfaces/IEmergency.sol";
import {
    Contributor,
    IServiceNodeRegistry,
    Node,
    NodeState,
    Registration
} from "../../contracts/interfaces/IServiceNodeRegistry.sol";
import {ReportTest} from "./support/ReportTest.sol";
import {Signer} from "./support/Signer.sol";
import {vm} from "./support/Vm.sol";

/// @dev P-33 to P-36: leaving, exit, principal, liquidation. The branches are in Exit.tree.
contract ExitTest is ReportTest {
    address private constant OPERATOR = address(0x0e);
    address private constant LARGE = address(0x1a);
    address private constant SMALL = address(0x5a);
    uint256 private constant N = 10;
    /// @dev The pooled node: the operator has half, LARGE a quarter and one unit, SMALL the rest.
    uint64 private constant POOLED = 11;
    uint256 private constant POOLED_SECRET = 50;
    uint128 private constant LARGE_STAKE = STAKE / 4 + 1;

    function setUp() public override {
        super.setUp();
        _startWith(N);
        token.transfer(OPERATOR, 10 * STAKE);
        vm.prank(OPERATOR);
        token.approve(address(rewards), 10 * STAKE);
        _registerPooled();
    }

    // --- leave requests ---

    function test_P33_the_operator_asks_at_any_time_and_the_event_carries_the_unlock_time() public {
        vm.expectEmit(address(rewards));
        emit IServiceNodeRegistry.ServiceNodeExitRequest(POOLED, OPERATOR, vm.getBlockTimestamp() + 15 days);
        _leave(POOLED, OPERATOR);
        assertEq(rewards.node(POOLED).leaveRequestedAt, vm.getBlockTimestamp());
        assertEq(uint256(rewards.node(POOLED).state), uint256(NodeState.Pending));
    }

    function test_P33_a_quarter_suffices_to_ask_at_once_and_less_waits_30_days() public {
        uint256 allowedAt = vm.getBlockTimestamp() + 30 days;
        bytes memory early =
            abi.encodeWithSelector(IServiceNodeRegistry.LeaveRequestTooEarly.selector, POOLED, allowedAt);
        _leaveRefused(POOLED, SMALL, early);
        vm.warp(allowedAt - 1);
        _leaveRefused(POOLED, SMALL, early);
        _leave(POOLED, LARGE);
        vm.warp(allowedAt + 1 hours);
        _leave(POOLED, SMALL);
        assertEq(rewards.node(POOLED).leaveRequestedAt, allowedAt - 1);
    }

    function test_P33_exactly_a_quarter_suffices() public {
        Contributor[] memory contributors = new Contributor[](2);
        contributors[0] = Contributor(OPERATOR, OPERATOR, STAKE - STAKE / 4);
        contributors[1] = Contributor(address(0x2b), address(0x2b), STAKE / 4);
        uint64 id = _registerAs(51, contributors);
        _leave(id, address(0x2b));
        assertEq(rewards.node(id).leaveRequestedAt, vm.getBlockTimestamp());
    }

    function test_P33_the_smallest_contributors_cannot_end_a_young_node() public {
        Contributor[] memory contributors = new Contributor[](10);
        contributors[0] = Contributor(OPERATOR, OPERATOR, STAKE - 9 * (STAKE / 20));
        for (uint160 i = 1; i < 10; ++i) contributors[i] = Contributor(address(0x2000 + i), address(1), STAKE / 20);
        uint64 id = _registerAs(51, contributors);
        for (uint160 i = 1; i < 10; ++i) {
            _leaveRefused(
                id,
                address(0x2000 + i),
                abi.encodeWithSelector(
                    IServiceNodeRegistry.LeaveRequestTooEarly.selector, id, vm.getBlockTimestamp() + 30 days
                )
            );
        }
    }

    function test_P33_a_request_is_repeated_after_an_hour_and_does_not_move_the_unlock_time() public {
        uint256 first = vm.getBlockTimestamp();
        _leave(POOLED, OPERATOR);
        bytes memory early =
            abi.encodeWithSelector(IServiceNodeRegistry.LeaveRequestTooEarly.selector, POOLED, first + 1 hours);
        vm.warp(first + 1 hours - 1);
        _leaveRefused(POOLED, OPERATOR, early);
        _leaveRefused(POOLED, LARGE, early);
        vm.warp(first + 1 hours);
        vm.expectEmit(address(rewards));
        emit IServiceNodeRegistry.ServiceNodeExitRequest(POOLED, LARGE, first + 15 days);
        _leave(POOLED, LARGE);
        Node memory node = rewards.node(POOLED);
        assertEq(node.leaveRequestedAt, first);
        assertEq(node.lastLeaveRequestAt, first + 1 hours);
    }

    function test_P33_refuses_strangers_unknown_and_exited_nodes() public {
        _leaveRefused(
            POOLED, address(9), abi.encodeWithSelector(IServiceNodeRegistry.NotContributor.selector, POOLED, address(9))
        );
        _leaveRefused(12, OPERATOR, abi.encodeWithSelector(IServiceNodeRegistry.UnknownId.selector, 12, 12));
        _leaveRefused(0, OPERATOR, abi.encodeWithSelector(IServiceNodeRegistry.UnknownId.selector, 0, 12));
        _exitOf(POOLED, OPERATOR);
        _leaveRefused(POOLED, OPERATOR, abi.encodeWithSelector(IServiceNodeRegistry.NodeExited.selector, POOLED));
    }

    function test_P22_a_leave_request_changes_neither_key_nor_stake() public {
        bytes memory key = abi.encode(rewards.aggregatePublicKey());
        _leave(3, address(this));
        assertEq(abi.encode(rewards.aggregatePublicKey()), key);
        assertEq(rewards.activeStake(), N * STAKE);
        assertEq(rewards.principal(), (N + 1) * STAKE);
    }

    // --- exit ---

    function test_P34_anyone_exits_an_active_node_at_its_unlock_time() public {
        uint256 unlocksAt = vm.getBlockTimestamp() + 15 days;
        _leave(3, address(this));
        vm.warp(unlocksAt - 1);
        _exitRefused(3, abi.encodeWithSelector(IServiceNodeRegistry.NodeLocked.selector, 3, unlocksAt));
        vm.warp(unlocksAt + 5 days);
        vm.expectEmit(address(rewards));
        emit IServiceNodeRegistry.ServiceNodeExit(3, unlocksAt);
        vm.prank(address(0xcafe));
        rewards.exitBLSPublicKey(3);
        assertEq(uint256(rewards.node(3).state), uint256(NodeState.Exited));
        assertEq(rewards.node(3).unlocksAt, unlocksAt);
        assertEq(rewards.activeStake(), (N - 1) * STAKE);
        assertEq(rewards.nodeCount(), N);
        assertEq(abi.encode(rewards.aggregatePublicKey()), abi.encode(Signer.keyOf(_sumTo(N) - 3)));
        assertEq(rewards.activeBitmap(0), (2 ** (N + 1) - 2) ^ 8);
        _exitRefused(3, abi.encodeWithSelector(IServiceNodeRegistry.NodeExited.selector, 3));
    }

    function test_P34_refuses_a_node_that_nobody_asked_for() public {
        _exitRefused(3, abi.encodeWithSelector(IServiceNodeRegistry.LeaveNotRequested.selector, 3));
        _exitRefused(99, abi.encodeWithSelector(IServiceNodeRegistry.UnknownId.selector, 99, 12));
    }

    function test_P34_pending_and_decommissioned_nodes_exit_without_touching_the_aggregate() public {
        bytes memory key = abi.encode(rewards.aggregatePublicKey());
        _exitOf(POOLED, OPERATOR);
        assertEq(abi.encode(rewards.aggregatePublicKey()), key);
        assertEq(rewards.activeStake(), N * STAKE);
        _decommission(_ids(4), _sumTo(N));
        key = abi.encode(rewards.aggregatePublicKey());
        assertEq(rewards.decommissionedStake(), STAKE);
        _exitOf(4, address(this));
        assertEq(rewards.decommissionedStake(), 0);
        assertEq(abi.encode(rewards.aggregatePublicKey()), key);
    }

    function test_P20_a_key_registers_again_after_the_exit_and_ids_never_return() public {
        _exitOf(POOLED, OPERATOR);
        Contributor[] memory contributors = _solo(OPERATOR);
        assertEq(_registerAs(POOLED_SECRET, contributors), POOLED + 1);
        assertEq(uint256(rewards.node(POOLED).state), uint256(NodeState.Exited));
        assertEq(rewards.nodeIdOf(Signer.keyOf(POOLED_SECRET)), POOLED + 1);
    }

    function test_P34_the_last_node_may_exit_and_then_nothing_can_be_signed() public {
        for (uint64 id = 1; id <= N; ++id) _leave(id, address(this));
        vm.warp(vm.getBlockTimestamp() + 15 days);
        for (uint64 id = 1; id <= N; ++id) rewards.exitBLSPublicKey(id);
        assertEq(rewards.activeStake(), 0);
        BLS.G2Point memory signature = Signer.sign(1, keccak256("x"));
        vm.expectRevert(abi.encodeWithSelector(IServiceNodeRegistry.NoActiveStake.selector));
        rewards.verify(keccak256("x"), signature, none, none);
    }

    // --- principal ---

    function test_P35_each_contributor_pulls_its_own_principal_once() public {
        _exitOf(POOLED, OPERATOR);
        uint256 before = rewards.principal();
        _withdraw(LARGE, LARGE_STAKE);
        _withdraw(SMALL, STAKE / 4 - 1);
        _withdraw(OPERATOR, STAKE / 2);
        assertEq(rewards.principal(), before - STAKE);
        assertEq(rewards.node(POOLED).withdrawn, 7);
        _withdrawRefused(
            POOLED, LARGE, abi.encodeWithSelector(IServiceNodeRegistry.PrincipalWithdrawn.selector, POOLED, LARGE)
        );
        _withdrawRefused(
            POOLED, address(9), abi.encodeWithSelector(IServiceNodeRegistry.NotContributor.selector, POOLED, address(9))
        );
    }

    function test_P35_principal_stays_while_the_node_is_in_the_set() public {
        _withdrawRefused(3, address(this), abi.encodeWithSelector(IServiceNodeRegistry.NodeNotExited.selector, 3));
        _withdrawRefused(99, address(this), abi.encodeWithSelector(IServiceNodeRegistry.UnknownId.selector, 99, 12));
    }

    function test_P29_P35_a_pause_stops_neither_leaving_nor_principal() public {
        rewards.pause(1 days);
        _exitOf(POOLED, OPERATOR);
        _withdraw(LARGE, LARGE_STAKE);
        rewards.withdrawPrincipalFor(POOLED, SMALL);
    }

    function test_P35_principal_does_not_use_up_the_claim_limit() public {
        rewards.setClaimLimit(1, CYCLE);
        _exitOf(POOLED, OPERATOR);
        _withdraw(OPERATOR, STAKE / 2);
        (, uint256 used,) = distributor.claimCycle();
        assertEq(used, 0);
    }

    // --- liquidation ---

    function test_P36_liquidation_pays_liquidator_and_pool_from_the_operators_part() public {
        uint64 id = _decommissionPooled();
        uint256 decommissionedAt = vm.getBlockTimestamp();
        uint256 secret = _sumTo(N);
        for (uint256 i = 0; i < 167; ++i) _next(secret);
        vm.expectRevert(abi.encodeWithSelector(IServiceNodeRegistry.LiquidationTooEarly.selector, id, 167, 168));
        rewards.liquidateBLSPublicKey(id);
        _next(secret);

        uint256 principal = rewards.principal();
        uint256 poolBalance = token.balanceOf(address(pool));
        uint256 liquidatorShare = STAKE * 3 / 10_000;
        uint256 poolShare = STAKE * 17 / 10_000;
        vm.expectEmit(address(rewards));
        emit IServiceNodeRegistry.ServiceNodeLiquidated(
            id, address(0xcafe), liquidatorShare, poolShare, decommissionedAt + 30 days
        );
        vm.prank(address(0xcafe));
        rewards.liquidateBLSPublicKey(id);

        assertEq(token.balanceOf(address(0xcafe)), liquidatorShare);
        assertEq(token.balanceOf(address(pool)), poolBalance + poolShare);
        assertEq(token.allowance(address(rewards), address(pool)), 0);
        assertEq(rewards.principal(), principal - liquidatorShare - poolShare);
        assertEq(rewards.decommissionedStake(), 0);
        assertTrue(rewards.node(id).liquidated, "liquidated");
        _afterLiquidation(id, decommissionedAt + 30 days, liquidatorShare + poolShare);
    }

    function _afterLiquidation(uint64 id, uint256 unlocksAt, uint256 shares) private {
        vm.expectRevert(abi.encodeWithSelector(IServiceNodeRegistry.NodeExited.selector, id));
        rewards.liquidateBLSPublicKey(id);
        vm.warp(unlocksAt - 1);
        _withdrawRefused(id, SMALL, abi.encodeWithSelector(IServiceNodeRegistry.NodeLocked.selector, id, unlocksAt));
        vm.warp(unlocksAt);
        _withdraw(OPERATOR, STAKE / 2 - shares);
        _withdraw(LARGE, LARGE_STAKE);
        _withdraw(SMALL, STAKE / 4 - 1);
        assertEq(rewards.principal(), N * STAKE);
        assertTrue(token.balanceOf(address(rewards)) >= N * STAKE, "principal is covered");
    }

    function test_P36_liquidating_oneself_is_not_the_faster_way_out() public {
        // The quickest failure: decommissioned now, liquidated by itself after the 168 reports.
        uint64 id = _decommissionPooled();
        uint256 decommissionedAt = vm.getBlockTimestamp();
        for (uint256 i = 0; i < 168; ++i) _next(_sumTo(N));
        vm.prank(OPERATOR);
        rewards.liquidateBLSPublicKey(id);
        assertEq(rewards.node(id).unlocksAt, decommissionedAt + 30 days);
        _withdrawRefused(
            id,
            OPERATOR,
            abi.encodeWithSelector(IServiceNodeRegistry.NodeLocked.selector, id, decommissionedAt + 30 days)
        );
    }

    function test_P36_refuses_nodes_that_are_not_decommissioned() public {
        bytes memory expected = abi.encodeWithSelector(IServiceNodeRegistry.NodeNotDecommissioned.selector, 3);
        vm.expectRevert(expected);
        rewards.liquidateBLSPublicKey(3);
        vm.expectRevert(abi.encodeWithSelector(IServiceNodeRegistry.NodeNotDecommissioned.selector, POOLED));
        rewards.liquidateBLSPublicKey(POOLED);
        vm.expectRevert(abi.encodeWithSelector(IServiceNodeRegistry.UnknownId.selector, 99, 12));
        rewards.liquidateBLSPublicKey(99);
    }

    function test_P36_reports_count_anew_after_a_return() public {
        uint64 id = _decommissionPooled();
        for (uint256 i = 0; i < 100; ++i) _next(_sumTo(N));
        _activate(_ids(id), _sumTo(N));
        _decommission(_ids(id), _sumTo(N) + POOLED_SECRET);
        for (uint256 i = 0; i < 167; ++i) _next(_sumTo(N));
        vm.expectRevert(abi.encodeWithSelector(IServiceNodeRegistry.LiquidationTooEarly.selector, id, 167, 168));
        rewards.liquidateBLSPublicKey(id);
    }

    function test_P36_a_node_whose_unlock_time_has_come_is_only_exited() public {
        uint64 id = _decommissionPooled();
        _leave(id, OPERATOR);
        uint256 unlocksAt = vm.getBlockTimestamp() + 15 days;
        for (uint256 i = 0; i < 168; ++i) _next(_sumTo(N));
        vm.warp(unlocksAt);
        vm.expectRevert(abi.encodeWithSelector(IServiceNodeRegistry.NodeUnlocked.selector, id, unlocksAt));
        rewards.liquidateBLSPublicKey(id);
        rewards.exitBLSPublicKey(id);
        _withdraw(OPERATOR, STAKE / 2);
    }

    function test_P29_a_pause_stops_liquidation() public {
        rewards.pause(1 days);
        uint256 until = vm.getBlockTimestamp() + 1 days;
        vm.expectRevert(abi.encodeWithSelector(IEmergency.EnforcedPause.selector, until));
        rewards.liquidateBLSPublicKey(3);
    }

    function test_P36_the_shares_never_change() public {
        // No call sets them, also not the one that once did.
        (bool isSet,) = address(rewards).call(abi.encodeWithSignature("setLiquidationShares(uint16,uint16)", 2_500, 0));
        assertTrue(!isSet, "no such call");
        uint64 id = _decommissionPooled();
        for (uint256 i = 0; i < 168; ++i) _next(_sumTo(N));
        uint256 before = token.balanceOf(address(this));
        rewards.liquidateBLSPublicKey(id);
        assertEq(token.balanceOf(address(this)) - before, STAKE * 3 / 10_000);
    }

    // --- helpers ---

    function _registerPooled() private {
        Contributor[] memory contributors = new Contributor[](3);
        contributors[0] = Contributor(OPERATOR, OPERATOR, STAKE / 2);
        contributors[1] = Contributor(LARGE, address(0xbe), LARGE_STAKE);
        contributors[2] = Contributor(SMALL, SMALL, STAKE / 4 - 1);
        assertEq(_registerAs(POOLED_SECRET, contributors), POOLED);
    }

    function _registerAs(uint256 secret, Contributor[] memory contributors) private returns (uint64) {
        Registration memory registration = _registration(secret, OPERATOR);
        vm.prank(OPERATOR);
        return rewards.addBLSPublicKey(registration, contributors);
    }

    /// @dev Activates the pooled node by a report, and decommissions it by the next.
    function _decommissionPooled() private returns (uint64) {
        _activate(_ids(POOLED), _sumTo(N));
        _decommission(_ids(POOLED), _sumTo(N) + POOLED_SECRET);
        assertEq(uint256(rewards.node(POOLED).state), uint256(NodeState.Decommissioned));
        return POOLED;
    }

    function _leave(uint64 id, address caller) private {
        vm.prank(caller);
        rewards.initiateExitBLSPublicKey(id);
    }

    function _exitOf(uint64 id, address operator) private {
        _leave(id, operator);
        vm.warp(vm.getBlockTimestamp() + 15 days);
        rewards.exitBLSPublicKey(id);
    }

    function _leaveRefused(uint64 id, address caller, bytes memory expected) private {
        vm.prank(caller);
        vm.expectRevert(expected);
        rewards.initiateExitBLSPublicKey(id);
    }

    function _exitRefused(uint64 id, bytes memory expected) private {
        vm.expectRevert(expected);
        rewards.exitBLSPublicKey(id);
    }

    function _withdraw(address contributor, uint256 amount) private {
        uint256 before = token.balanceOf(contributor);
        vm.expectEmit(address(rewards));
        emit IServiceNodeRegistry.PrincipalReturned(POOLED, contributor, amount);
        vm.prank(contributor);
        rewards.withdrawPrincipal(POOLED);
        assertEq(token.balanceOf(contributor), before + amount);
    }

    function _withdrawRefused(uint64 id, address contributor, bytes memory expected) private {
        vm.prank(contributor);
        vm.expectRevert(expected);
        rewards.withdrawPrincipal(id);
    }
}
