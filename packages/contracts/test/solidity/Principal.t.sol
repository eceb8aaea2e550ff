// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Contributor, IServiceNodeRegistry, Registration} from "../../contracts/interfaces/IServiceNodeRegistry.sol";
import {NetworkTest} from "./support/NetworkTest.sol";
import {vm} from "./support/Vm.sol";

/// @dev P-35: principal reaches its contributor, whoever calls, and nobody else. Exit.t.sol has the rest of leaving.
contract PrincipalTest is NetworkTest {
    address private constant OPERATOR = address(0x0e);
    /// @dev As a contract that has no call to withdraw with.
    address private constant MUTE = address(0xdead01);
    address private constant ANYONE = address(0xcafe);
    uint128 private constant MUTE_STAKE = STAKE / 4 + 1;
    uint64 private constant ID = 2;

    function setUp() public override {
        super.setUp();
        _startWith(1);
        Contributor[] memory contributors = new Contributor[](2);
        contributors[0] = Contributor(OPERATOR, OPERATOR, STAKE - MUTE_STAKE);
        contributors[1] = Contributor(MUTE, MUTE, MUTE_STAKE);
        Registration memory registration = _registration(50, OPERATOR);
        token.transfer(OPERATOR, STAKE);
        vm.prank(OPERATOR);
        token.approve(address(rewards), STAKE);
        vm.prank(OPERATOR);
        rewards.addBLSPublicKey(registration, contributors);
    }

    function test_P35_anyone_has_a_contributors_principal_paid_to_it() public {
        _exit();
        uint256 before = rewards.principal();
        vm.expectEmit(address(rewards));
        emit IServiceNodeRegistry.PrincipalReturned(ID, MUTE, MUTE_STAKE);
        vm.prank(ANYONE);
        rewards.withdrawPrincipalFor(ID, MUTE);
        assertEq(token.balanceOf(MUTE), MUTE_STAKE);
        assertEq(token.balanceOf(ANYONE), 0);
        assertEq(rewards.principal(), before - MUTE_STAKE);
        assertEq(rewards.node(ID).withdrawn, 2);
    }

    function test_P35_principal_is_paid_once_by_whichever_call() public {
        _exit();
        rewards.withdrawPrincipalFor(ID, MUTE);
        bytes memory paid = abi.encodeWithSelector(IServiceNodeRegistry.PrincipalWithdrawn.selector, ID, MUTE);
        _refused(MUTE, paid);
        vm.prank(MUTE);
        vm.expectRevert(paid);
        rewards.withdrawPrincipal(ID);
        vm.prank(OPERATOR);
        rewards.withdrawPrincipal(ID);
        _refused(OPERATOR, abi.encodeWithSelector(IServiceNodeRegistry.PrincipalWithdrawn.selector, ID, OPERATOR));
        assertEq(token.balanceOf(OPERATOR) + token.balanceOf(MUTE), STAKE);
    }

    function test_P35_the_caller_of_withdrawPrincipalFor_is_nobodys_contributor() public {
        // A contributor that calls for a stranger gets an error about the stranger, not its own principal.
        _exit();
        bytes memory stranger = abi.encodeWithSelector(IServiceNodeRegistry.NotContributor.selector, ID, ANYONE);
        vm.prank(MUTE);
        vm.expectRevert(stranger);
        rewards.withdrawPrincipalFor(ID, ANYONE);
        assertEq(token.balanceOf(MUTE), 0);
    }

    function test_P35_nobody_has_it_paid_before_the_exit() public {
        bytes memory inSet = abi.encodeWithSelector(IServiceNodeRegistry.NodeNotExited.selector, ID);
        _refused(MUTE, inSet);
        vm.prank(OPERATOR);
        rewards.initiateExitBLSPublicKey(ID);
        vm.warp(vm.getBlockTimestamp() + 15 days);
        _refused(MUTE, inSet);
        vm.prank(ANYONE);
        vm.expectRevert(abi.encodeWithSelector(IServiceNodeRegistry.UnknownId.selector, ID + 1, ID + 1));
        rewards.withdrawPrincipalFor(ID + 1, MUTE);
    }

    function _exit() private {
        vm.prank(OPERATOR);
        rewards.initiateExitBLSPublicKey(ID);
        vm.warp(vm.getBlockTimestamp() + 15 days);
        rewards.exitBLSPublicKey(ID);
    }

    function _refused(address contributor, bytes memory expected) private {
        vm.prank(ANYONE);
        vm.expectRevert(expected);
        rewards.withdrawPrincipalFor(ID, contributor);
    }
}
