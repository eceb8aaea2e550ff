// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Contributor, Node, NodeState, Registration} from "../../contracts/interfaces/IServiceNodeRegistry.sol";
import {NetworkTest} from "./support/NetworkTest.sol";
import {vm} from "./support/Vm.sol";

/// @dev What pages and tools read: nodes in pages, those of one account, and what the block still takes.
contract ViewsTest is NetworkTest {
    address private constant OPERATOR = address(0x0e);
    address private constant OTHER = address(0x07);
    uint256 private constant N = 5;

    function setUp() public override {
        super.setUp();
        _startWith(N);
    }

    function test_nodes_gives_the_ids_that_were_given_and_what_node_says_of_each() public {
        rewards.setState(3, NodeState.Exited);
        _expectPage(1, 5, 1, 5);
        _expectPage(0, 3, 1, 2);
        _expectPage(2, 2, 2, 2);
        _expectPage(4, 100, 4, 2);
        _expectPage(4, type(uint64).max, 4, 2);
        _expectPage(6, 10, 6, 0);
        _expectPage(type(uint64).max, type(uint64).max, 0, 0);
        _expectPage(3, 0, 3, 0);
        _expectPage(0, 0, 0, 0);
        _expectPage(0, 1, 0, 0);
    }

    function test_P35_nodesOf_lists_a_node_until_the_account_was_paid() public {
        uint64 pooled = _registerShared(50);
        uint64 solo = _register(51, OPERATOR);
        _expectIds(rewards.nodesOf(OPERATOR), _ids(pooled, solo));
        _expectIds(rewards.nodesOf(OTHER), _ids(pooled));
        _expectIds(rewards.nodesOf(address(this)), _range(1, uint64(N)));
        _expectIds(rewards.nodesOf(address(0)), none);
        vm.prank(OPERATOR);
        rewards.initiateExitBLSPublicKey(pooled);
        vm.warp(vm.getBlockTimestamp() + 15 days);
        rewards.exitBLSPublicKey(pooled);
        // Its principal is still there for both, and then for one of them.
        _expectIds(rewards.nodesOf(OPERATOR), _ids(pooled, solo));
        rewards.withdrawPrincipalFor(pooled, OPERATOR);
        _expectIds(rewards.nodesOf(OPERATOR), _ids(solo));
        _expectIds(rewards.nodesOf(OTHER), _ids(pooled));
        rewards.withdrawPrincipalFor(pooled, OTHER);
        _expectIds(rewards.nodesOf(OTHER), none);
    }

    function test_nodesOf_finds_the_last_of_ten_contributors_and_nobody_elses() public {
        Contributor[] memory contributors = new Contributor[](10);
        contributors[0] = Contributor(OPERATOR, OPERATOR, STAKE - 9 * (STAKE / 20));
        for (uint160 i = 1; i < 10; ++i) {
            contributors[i] = Contributor(address(0x1000 + i), address(0x2000 + i), STAKE / 20);
        }
        uint64 ten = _registerWith(50, contributors);
        // A node with fewer contributors, read after it: what was read before is not taken for its own.
        uint64 solo = _register(51, OPERATOR);
        for (uint160 i = 1; i < 10; ++i) {
            _expectIds(rewards.nodesOf(address(0x1000 + i)), _ids(ten));
            _expectIds(rewards.nodesOf(address(0x2000 + i)), none); // a beneficiary has nothing in it
        }
        _expectIds(rewards.nodesOf(OPERATOR), _ids(ten, solo));
    }

    function test_nodesOf_in_pages_comes_to_the_same() public {
        _registerShared(50);
        uint64 last = _registerShared(51);
        _expectIds(rewards.nodesOf(address(this), 2, 2), _ids(2, 3));
        _expectIds(rewards.nodesOf(OTHER, 0, last), _ids(last - 1));
        _expectIds(rewards.nodesOf(OTHER, last, 1), _ids(last));
        _expectIds(rewards.nodesOf(OTHER, last + 1, 100), none);
        _expectIds(rewards.nodesOf(OTHER, last, type(uint64).max), _ids(last));
        _expectIds(rewards.nodesOf(OTHER, 1, 0), none);
    }

    function test_P28_remainingRegistrations_counts_down_within_a_block() public {
        assertEq(rewards.remainingRegistrations(), 20);
        for (uint256 i = 0; i < 20; ++i) {
            _register(60 + i, OPERATOR);
            assertEq(rewards.remainingRegistrations(), 19 - i);
        }
        vm.roll(block.number + 1);
        assertEq(rewards.remainingRegistrations(), 20);
    }

    function test_P4_version_is_of_the_code_and_not_of_the_domain() public view {
        assertTrue(bytes(rewards.version()).length != 0, "named");
        (,, string memory domainVersion,,,,) = rewards.eip712Domain();
        assertEq(bytes(domainVersion), bytes("1"));
    }

    function _expectPage(uint64 from, uint64 count, uint64 first, uint256 length) private view {
        Node[] memory page = rewards.nodes(from, count);
        assertEq(page.length, length);
        for (uint64 i = 0; i < page.length; ++i) {
            assertEq(page[i].id, first + i);
            assertEq(abi.encode(page[i]), abi.encode(rewards.node(first + i)));
        }
    }

    function _expectIds(uint64[] memory ids, uint64[] memory expected) private pure {
        assertEq(abi.encode(ids), abi.encode(expected));
    }

    function _registerShared(uint256 secret) private returns (uint64) {
        Contributor[] memory contributors = new Contributor[](2);
        contributors[0] = Contributor(OPERATOR, OPERATOR, STAKE / 2);
        contributors[1] = Contributor(OTHER, OTHER, STAKE / 2);
        return _registerWith(secret, contributors);
    }

    function _registerWith(uint256 secret, Contributor[] memory contributors) private returns (uint64) {
        Registration memory registration = _registration(secret, OPERATOR);
        token.transfer(OPERATOR, STAKE);
        vm.prank(OPERATOR);
        token.approve(address(rewards), STAKE);
        vm.prank(OPERATOR);
        return rewards.addBLSPublicKey(registration, contributors);
    }
}
