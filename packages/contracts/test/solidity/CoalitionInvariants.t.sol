// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Actor} from "./support/Actor.sol";
import {Assert} from "./support/Assert.sol";
import {CoalitionHandler} from "./support/CoalitionHandler.sol";
import {vm} from "./support/Vm.sol";

/// @dev P-24, P-110, P-111: what a coalition of two thirds to just under three quarters of the stake cannot do, while
/// the others contest: each epoch, or every tenth report.
contract CoalitionInvariantsTest is Assert {
    CoalitionHandler private handler;
    Actor private actor;

    function setUp() public {
        handler = new CoalitionHandler();
        handler.setUp();
        actor = new Actor(handler);
    }

    function targetContracts() public view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(actor);
    }

    /// @dev No honest node is liquidated or dropped, and no money moves but by signatures of three quarters of the
    /// stake that is not silent, which the coalition is not. Each record and each claim is held to that as it is made.
    function invariant_P24_P110_P111_a_coalition_of_two_thirds_takes_neither_money_nor_nodes() public {
        handler.checkAll();
    }

    function testFuzz_P24_P111_any_life_under_a_coalition(uint256[8] memory seeds) public {
        for (uint256 i = 0; i < seeds.length; ++i) handler.act(seeds[i]);
        handler.checkAll();
    }

    function test_the_coalition_reaches_every_deed() public {
        for (uint256 i = 0; i < 240; ++i) handler.act(uint256(keccak256(abi.encode("coalition", i))));
        handler.checkAll();
        string memory missing = "never:";
        for (uint256 i = 0; i <= uint256(type(CoalitionHandler.Deed).max); ++i) {
            if (handler.done(i) == 0) missing = string.concat(missing, " ", vm.toString(i));
        }
        assertEq(bytes(missing), bytes("never:"));
    }
}
